// Images: RGB in [-1, 1], one color plane after the other.
import {clamp, evenlySpaced, range} from '../math/arrays.js';
import {psnr} from '../math/metrics.js';
import {div, formatPsnr, h} from './dom.js';
import {COLORS} from './style.js';

const SIDE = 32; // of all images, in pixels
const GENERATED = 25; // the clean image of the pair without an input

const decode = base64 => Float64Array.from(atob(base64), c => c.charCodeAt(0)/127.5 - 1);

// {means, count, size, image, pairs, metro} of the payload figures.json; decoded once
let decoded = null;
export const unpack = payload => {
  if (decoded?.payload === payload) return decoded;
  const size = 3*payload.side**2;
  const [means, inputs] = [decode(payload.images), decode(payload.inputs)];
  const image = (i, images = means) => images.subarray(i*size, (i + 1)*size);
  const pairs = payload.pairs.map((pair, i) => ({...pair, x0: image(pair.image), xIn: image(i, inputs)}));
  const generation = {name: 'nothing (generation)', generates: true, image: GENERATED};
  pairs.push({...generation, x0: image(GENERATED), xIn: new Float64Array(size)});
  decoded = {payload, means, count: payload.count, size, image, pairs, metro: payload.metro};
  return decoded;
};

export const imageCanvas = (label, size = 96) => {
  const style = `width:${size}px;height:${size}px`;
  return h('canvas', {width: SIDE, height: SIDE, role: 'img', 'aria-label': label, style});
};

export const captioned = (canvas, caption) => h('figure', {}, canvas, h('figcaption', {}, caption));

// draw a color, given its pixels by a function, on a canvas
const drawPixels = (canvas, pixel) => {
  const context = canvas.getContext('2d');
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width*canvas.height; i++) image.data.set([...pixel(i).map(Math.round), 255], 4*i);
  context.putImageData(image, 0, 0);
};

const channels = (x, i) => range(3, channel => x[channel*x.length/3 + i]);

export const drawImage = (canvas, x) => drawPixels(canvas, i => channels(x, i).map(v => (v + 1)*127.5));

// orange where the residual is positive, violet where it is negative
export const drawResidual = (canvas, res) => drawPixels(canvas, i => {
  const [red, green, blue] = channels(res, i);
  const value = clamp((red + green + blue)/3.6, -1, 1);
  return (value > 0 ? [224, 123, 0] : [110, 60, 170]).map(c => 255 + Math.abs(value)*(c - 255));
});

// the PSNR of a restoration, as text; a generated image has no ground truth
export const restorationPsnr = (pair, x) => pair.generates ? 'no truth' : formatPsnr(psnr(x, pair.x0));

// at most n states of a run in a row; onPick is called with the number of a clicked one
export const runStrip = (run, n, label, size, picked = null, onPick = null) =>
  div('strip', evenlySpaced(run, n).map(({x}, i, {length}) => {
    const canvas = imageCanvas(`${label}, frame ${i + 1} of ${length}`, size);
    drawImage(canvas, x);
    if (i === picked) canvas.style.outline = `3px solid ${COLORS.eps}`;
    if (onPick) {
      canvas.style.cursor = 'pointer';
      canvas.addEventListener('click', () => onPick(i));
    }
    return canvas;
  }));
