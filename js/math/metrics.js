// Errors of images in [-1, 1]; the first of two is clamped.
import {clamp} from './arrays.js';

export const mse = (x, target) => {
  let total = 0;
  for (let i = 0; i < x.length; i++) {
    const error = clamp(x[i], -1, 1) - target[i];
    total += error*error;
  }
  return total/x.length;
};

// in dB
export const psnr = (x, target) => 10*Math.log10(4/Math.max(mse(x, target), 4e-10));
