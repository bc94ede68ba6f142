// Made-up rain as `degrade(x, 'rain')` makes it: slanted streaks of three lengths under a slight veil.
import {clamp} from '../math/arrays.js';
import {uniforms} from '../math/random.js';

const BRIGHT = .95;
const LAYERS = [[3, .5], [6, .3], [9, .2]]; // reach of the streaks, share of the amount

// [dx, dy, opacity] of the pixels of one streak
const streak = (reach, slant) => {
  const pixels = [];
  for (let y = -reach; y <= reach; y++) for (let x = -reach; x <= reach; x++) {
    const across = x*Math.cos(slant) - y*Math.sin(slant);
    const along = x*Math.sin(slant) + y*Math.cos(slant);
    const opacity = clamp(1.1 - Math.abs(across), 0, 1)*Math.sqrt(clamp(1 - (along/(reach + .5))**2, 0, 1));
    if (opacity > 0) pixels.push([x, y, opacity]);
  }
  return pixels;
};

// how much of the light one layer lets through is multiplied into `clear`; it yields after each row
const addLayer = function* (clear, width, height, reach, density, slant, uniform) {
  const opacity = new Float64Array(width*height);
  const pixels = streak(reach, slant);
  for (let y = -reach; y < height + reach; y++, yield) for (let x = -reach; x < width + reach; x++) {
    if (uniform() >= density/reach) continue;
    const strength = .5 + .5*uniform();
    for (const [dx, dy, share] of pixels) {
      const [column, row] = [x + dx, y + dy];
      if (column < 0 || column >= width || row < 0 || row >= height) continue;
      opacity[row*width + column] += strength*share;
    }
  }
  for (let i = 0; i < clear.length; i++) clear[i] *= 1 - .92*Math.min(opacity[i], 1);
};

// values on a grid, read between its places
const interpolated = (values, width, height, x, y) => {
  const [column, row] = [clamp(x, 0, width - 1), clamp(y, 0, height - 1)];
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
  const [u, v] = [column - left, row - top];
  const above = (1 - u)*values[top*width + left] + u*values[top*width + right];
  const below = (1 - u)*values[bottom*width + left] + u*values[bottom*width + right];
  return (1 - v)*above + v*below;
};

// the image {x, width, height} in rain; without any, the image. It yields after each row, and returns the numbers
export const rain = function* ({x, width, height}, amount, seed) {
  if (amount === 0) return x;
  const uniform = uniforms(seed);
  const scale = Math.max(1, Math.sqrt(Math.min(width, height)/32));
  const [columns, rows] = [Math.ceil(width/scale), Math.ceil(height/scale)];
  const slant = uniform() - .5;
  const clear = new Float64Array(columns*rows).fill(1);
  for (const [reach, share] of LAYERS) yield* addLayer(clear, columns, rows, reach, amount*share, slant, uniform);
  const veil = 1 - .1*uniform();
  const out = new Float32Array(x.length);
  const size = width*height;
  for (let i = 0; i < size; i++) {
    if (i % width === 0) yield;
    const [column, row] = [(i % width + .5)*columns/width - .5, (Math.floor(i/width) + .5)*rows/height - .5];
    const light = veil*interpolated(clear, columns, rows, column, row);
    for (let channel = 0; channel < 3; channel++) {
      out[channel*size + i] = BRIGHT + light*(x[channel*size + i] - BRIGHT);
    }
  }
  return out;
};
