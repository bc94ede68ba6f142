// Images as pixels of a canvas.

// the pixels of numbers in [-1, 1], one color plane after the other, as bytes: red, green, blue, opaque
export const toPixels = x => {
  const size = x.length/3;
  const bytes = new Uint8ClampedArray(4*size).fill(255);
  for (let i = 0; i < size; i++) {
    bytes[4*i] = (x[i] + 1)*127.5;
    bytes[4*i + 1] = (x[i + size] + 1)*127.5;
    bytes[4*i + 2] = (x[i + 2*size] + 1)*127.5;
  }
  return bytes;
};
