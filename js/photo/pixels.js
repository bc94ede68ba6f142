// Pixels of a canvas as numbers, one color plane after the other in [-1, 1].

// the numbers of pixels
export const fromPixels = ({data, width, height}) => {
  const size = width*height;
  const x = new Float32Array(3*size);
  for (let i = 0; i < size; i++) {
    for (let channel = 0; channel < 3; channel++) x[channel*size + i] = data[4*i + channel]/127.5 - 1;
  }
  return {x, width, height};
};
