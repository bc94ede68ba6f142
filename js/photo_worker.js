// The sampler and the network of the photograph, away from the page: in a worker of its own.
import {estimateFromResidual} from './math/estimate.js';
import {samplingPath} from './math/paths.js';
import {toPixels} from './math/pixels.js';
import {normals} from './math/random.js';
import {samplingRun} from './math/sampling.js';
import {makeSchedule} from './math/schedules.js';
import {download} from './photo/download.js';
import {chooseRuntime, openNetwork} from './photo/runtimes.js';
import {askTiles} from './photo/tiles.js';
import {breath} from './photo/unhurried.js';

const STOPPED = new Error('another run is wanted, or none');
let source = null; // {folder, runtimes, network}: where the files are
let network = null;
let newest = null; // the run that is wanted

// fetch a runtime and the network, and begin; where the card's fails, with that of the processor
const begin = async (runtime, failure = null) => {
  try {
    const {script, wasm} = source.runtimes[runtime];
    const progress = (there, total) => postMessage({kind: 'progress', there, total});
    const files = await download(source.folder, [wasm, source.network], progress);
    network = await openNetwork(runtime, new URL(script.name, source.folder).href, ...files);
  } catch (error) {
    if (runtime === 'wasm') throw error;
    await begin('wasm', messageOf(error));
    return;
  }
  postMessage({kind: 'ready', runtime, threads: network.threads, failure});
};

const load = async ({asked, ...files}) => {
  source = files;
  await begin(await chooseRuntime(asked));
};

const messageOf = error => String(error?.message ?? error);

const asked = async (...question) => {
  try {
    return await network.ask(...question);
  } catch (error) {
    if (network.runtime === 'wasm') throw error;
    await begin('wasm', messageOf(error));
    return network.ask(...question);
  }
};

// a tile of the estimate, as it is before it is blended with its neighbours
const showTile = (id, step, {images: [, input], answer, ...place}) => {
  const image = toPixels(input.map((value, i) => value - answer[i]));
  postMessage({kind: 'tile', id, step, image, ...place}, [image.buffer]);
};

// the residual that the network sees in a state, tile by tile where that is large
const ask = (id, step, images, point, width, height) => askTiles(async (parts, h, w) => {
  const answer = await asked(parts, point, h, w);
  await breath(); // in which it hears what is wanted now
  if (newest !== id) throw STOPPED;
  return answer;
}, images, height, width, tile => showTile(id, step, tile));

// where a run begins: the input and noise
const start = (xIn, bbar, seed) => {
  const x = normals(seed)(xIn.length);
  for (let i = 0; i < x.length; i++) x[i] = xIn[i] + bbar*x[i];
  return x;
};

const show = (id, step, x, x0) => {
  const images = [toPixels(x), toPixels(x0)];
  postMessage({kind: 'state', id, step, images}, images.map(image => image.buffer));
};

const restore = async ({id, xIn, width, height, schedule, steps, order, eta, seed}) => {
  const path = samplingPath(makeSchedule(schedule), steps, order);
  const run = samplingRun(start(xIn, path[0][1], seed), path, {eta, randn: normals(seed + 1000)});
  let stop = run.next();
  for (let step = 0; !stop.done; step++) {
    const {x, point} = stop.value;
    const residual = await ask(id, step, [x, xIn], point, width, height);
    const estimate = estimateFromResidual(residual, x, xIn, point);
    show(id, step, x, estimate.x0);
    stop = run.next(estimate);
  }
  const {x} = stop.value.at(-1);
  show(id, path.length - 1, x, x);
  postMessage({kind: 'done', id});
};

const WORK = {load, restore, stop() {}};

onmessage = async ({data}) => {
  if (data.kind !== 'load') newest = data.id;
  try {
    await WORK[data.kind](data);
  } catch (error) {
    if (error !== STOPPED) postMessage({kind: 'failed', id: data.id, message: messageOf(error)});
  }
};
