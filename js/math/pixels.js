// Images as pixels of a canvas.

// the pixels of numbers in [-1, 1], one color plane after the other, as bytes: red, green, blue, opaque
export const toPixels = x => {
  const size = x.length/3;
  const bytes = new Uint8ClampedArray(4*size).fill(255);
  for (let i = 0; i < size; i++) {
    for (let channel = 0; channel < 3; channel++) bytes[4*i + channel] = (x[channel*size + i] + 1)*127.5;
  }
  return bytes;
};
