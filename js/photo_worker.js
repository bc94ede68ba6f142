// The sampler and the network of the photograph, away from the page: in a worker of its own.
import {estimateFromResidual} from './math/estimate.js';
import {samplingPath} from './math/paths.js';
import {toPixels} from './math/pixels.js';
import {normals} from './math/random.js';
import {samplingRun} from './math/sampling.js';
import {makeSchedule} from './math/schedules.js';
import {askTiles} from './photo/tiles.js';

let ort = null;
let session = null;
let newest = null; // the run that is wanted

const load = async ({runtime, wasm, network}) => {
  ort = await import(runtime);
  ort.env.wasm.numThreads = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  ort.env.wasm.wasmBinary = wasm;
  session = await ort.InferenceSession.create(new Uint8Array(network), {executionProviders: ['wasm']});
  postMessage({kind: 'ready'});
};

// the residual that the network sees in a state, tile by tile where that is large
const ask = (x, xIn, [abar, bbar], width, height) => askTiles(async (images, h, w) => {
  const [state, input] = images.map(values => new ort.Tensor('float32', Float32Array.from(values), [1, 3, h, w]));
  const number = value => new ort.Tensor('float32', [value], [1]);
  const {res} = await session.run({x_t: state, x_in: input, abar: number(abar), bbar: number(bbar)});
  return res.data;
}, [x, xIn], height, width);

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
    const estimate = estimateFromResidual(await ask(x, xIn, point, width, height), x, xIn, point);
    if (newest !== id) return;
    show(id, step, x, estimate.x0);
    stop = run.next(estimate);
  }
  const {x} = stop.value.at(-1);
  show(id, path.length - 1, x, x);
  postMessage({kind: 'done', id});
};

const WORK = {load, restore};

onmessage = async ({data}) => {
  if (data.kind === 'restore') newest = data.id;
  try {
    await WORK[data.kind](data);
  } catch (error) {
    postMessage({kind: 'failed', id: data.id, message: String(error.message ?? error)});
  }
};
