// Images as numbers, one color plane after the other in [-1, 1], and as pixels of a canvas.

// the numbers of pixels
export const fromPixels = ({data, width, height}) => {
  const size = width*height;
  const x = new Float64Array(3*size);
  for (let i = 0; i < size; i++) {
    for (let channel = 0; channel < 3; channel++) x[channel*size + i] = data[4*i + channel]/127.5 - 1;
  }
  return {x, width, height};
};

// the pixels of numbers, as bytes: red, green, blue, opaque
export const toPixels = x => {
  const size = x.length/3;
  const bytes = new Uint8ClampedArray(4*size);
  for (let i = 0; i < size; i++) {
    for (let channel = 0; channel < 3; channel++) bytes[4*i + channel] = (x[channel*size + i] + 1)*127.5;
    bytes[4*i + 3] = 255;
  }
  return bytes;
};
