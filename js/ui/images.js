// Images: RGB in [-1, 1], one color plane after the other.
import {evenlySpaced, range} from '../math/arrays.js';
import {psnr} from '../math/metrics.js';
import {toPixels} from '../math/pixels.js';
import {Span} from '../math/span.js';
import {div, formatPsnr, h, said} from './dom.js';
import {COLORS} from './style.js';

const SIDE = 64; // of all images, in pixels

// differences of bytes, compressed, as numbers in [-1, 1]
const decode = async base64 => {
  const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  let value = 0;
  return Float64Array.from(new Uint8Array(await new Response(stream).arrayBuffer()), step => {
    value = value + step & 255;
    return value/127.5 - 1;
  });
};

// {means, count, faces, image, span, coordinates, pairs, metro} of the payload figures.json: the known images, also in
// coordinates, and what figures ask for; the first face is that of generation
export const unpack = async ({images, inputs, pairs, count, faces, metro}) => {
  const [means, degraded] = await Promise.all([images, inputs].map(decode));
  const size = means.length/count;
  const cut = (values, i) => values.subarray(i*size, (i + 1)*size);
  const generation = {name: 'nothing (generation)', generates: true, image: faces, xIn: new Float64Array(size)};
  const all = [...pairs.map((pair, i) => ({...pair, xIn: cut(degraded, i)})), generation];
  const known = range(count, i => cut(means, i));
  const span = known.reduce((sofar, x) => sofar.with(x), new Span());
  const coordinates = known.map(x => span.coordinates(x));
  const whole = all.map(pair => ({...pair, x0: known[pair.image]}));
  return {means, count, faces, image: i => known[i], span, coordinates, pairs: whole, metro};
};

// as large as its place allows, up to so many pixels
export const imageCanvas = (label, size = 128) =>
  h('canvas', {width: SIDE, height: SIDE, role: 'img', 'aria-label': label, style: `max-width:${size}px`});

export const captioned = (canvas, caption) =>
  h('figure', {style: canvas.getAttribute('style')}, canvas, h('figcaption', {}, caption));

// an image that the canvas shows already is not drawn again
export const drawImage = (canvas, x) => {
  if (canvas.shown === x) return;
  canvas.shown = x;
  canvas.getContext('2d').putImageData(new ImageData(toPixels(x), canvas.width, canvas.height), 0, 0);
};

const TINTED = [[224, 123, 0], [110, 60, 170]].map(color => color.map(byte => byte/127.5 - 2));

// the residual of a pair as an image: orange where it is positive, violet where it is negative
export const residualImage = ({x0, xIn}) => {
  const image = new Float64Array(x0.length);
  const n = x0.length/3;
  for (let i = 0; i < n; i++) {
    const [red, green, blue] = [i, i + n, i + 2*n];
    const value = (xIn[red] - x0[red] + xIn[green] - x0[green] + xIn[blue] - x0[blue])/3.6;
    const tint = TINTED[value < 0 ? 1 : 0];
    const strength = Math.min(Math.abs(value), 1);
    for (let channel = 0; channel < 3; channel++) image[i + channel*n] = 1 + strength*tint[channel];
  }
  return image;
};

// the PSNR of a restoration, as text; a generated image has no ground truth
export const restorationPsnr = (pair, x) => pair.generates ? 'no truth' : formatPsnr(psnr(x, pair.x0));

// as many children as there are items, made anew where they lack
export const syncChildren = (element, items, make) => {
  while (element.children.length > items.length) element.lastChild.remove();
  while (element.children.length < items.length) element.append(make(element.children.length));
  return [...element.children];
};

// a row for at most n states of a run, two equal rows where one is too narrow; show() draws them
export const runStrip = (n = 9) => {
  const strip = div('film');
  strip.show = (run, label) => {
    if (strip.run === run) return;
    const frames = evenlySpaced(run, n);
    strip.style.cssText = `--n:${frames.length};--row:${Math.ceil(frames.length/2)};max-width:${6.3*frames.length}rem`;
    syncChildren(strip, frames, () => imageCanvas('')).forEach((canvas, i) => {
      canvas.setAttribute('aria-label', said('{0}, frame {1} of {2}', label, i + 1, frames.length));
      drawImage(canvas, frames[i].x);
    });
    strip.run = run;
  };
  return strip;
};
