// A photograph too large for the memory is seen by the network tile by tile, as `restore` of the library cuts it.
import {range} from '../math/arrays.js';

const SIDE = 320; // of the largest square tile
const OVERLAP = 16; // of neighbours, at least
const MULTIPLE = 4; // of which the sides of a tile are multiples

// ways to cover a length with 1, 2, ... equal tiles: [how many, their length]
const sides = n => range(Math.max(1, Math.floor(n/OVERLAP)), i => {
  const side = Math.max(Math.ceil((n + i*OVERLAP)/(i + 1)), OVERLAP + 1);
  return [i + 1, Math.ceil(side/MULTIPLE)*MULTIPLE];
});

// [height, width] of the tiles, those with the fewest pixels in all
export const planTiles = (height, width) => {
  const plans = sides(height).flatMap(([rows, h]) => sides(width).map(([columns, w]) => [rows*h*columns*w, h, w]));
  const fits = plans.filter(([, h, w]) => h*w <= SIDE*SIDE);
  return fits.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])[0].slice(1);
};

// the tiles of one side, {start, length, weights}: at each place the weights add up to 1
export const tileWeights = (n, tile) => {
  const count = n <= tile ? 1 : Math.ceil((n - OVERLAP)/(tile - OVERLAP));
  const length = Math.min(tile, n);
  const total = new Float64Array(n);
  const ramp = range(length, i => Math.min(i, length - 1 - i) + .5);
  const starts = range(count, i => count > 1 ? Math.floor(i*(n - tile)/(count - 1)) : 0);
  for (const start of starts) ramp.forEach((weight, i) => {
    total[start + i] += weight;
  });
  return starts.map(start => ({start, length, weights: ramp.map((weight, i) => weight/total[start + i])}));
};

// call back for each pixel of a tile, in all three colors: its number there, in the photograph, and its weight
const eachPixel = (row, column, height, width, callback) => {
  for (let line = 0; line < 3*row.length; line++) {
    const [channel, y] = [Math.floor(line/row.length), line % row.length];
    const here = (channel*height + row.start + y)*width + column.start;
    for (let x = 0; x < column.length; x++) {
      callback(line*column.length + x, here + x, row.weights[y]*column.weights[x]);
    }
  }
};

// what ask(images, height, width), a promise, makes of images, asked tile by tile; where there are several tiles,
// onTile hears of each {images, answer, left, top, width, height, tile, tiles}
export const askTiles = async (ask, images, height, width, onTile) => {
  const [tileHeight, tileWidth] = planTiles(height, width);
  const [rows, columns] = [tileWeights(height, tileHeight), tileWeights(width, tileWidth)];
  const places = rows.flatMap(row => columns.map(column => [row, column]));
  if (places.length === 1) return ask(images, height, width);
  const out = new Float64Array(images[0].length);
  for (const [i, [row, column]] of places.entries()) {
    const size = {width: column.length, height: row.length};
    const parts = images.map(() => new Float64Array(3*size.width*size.height));
    eachPixel(row, column, height, width, (there, here) => parts.forEach((part, k) => {
      part[there] = images[k][here];
    }));
    const answer = await ask(parts, size.height, size.width);
    eachPixel(row, column, height, width, (there, here, weight) => {
      out[here] += weight*answer[there];
    });
    onTile({images: parts, answer, left: column.start, top: row.start, ...size, tile: i + 1, tiles: places.length});
  }
  return out;
};
