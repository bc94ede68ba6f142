// Where the network runs: on the graphics card, where the browser has one, or in WebAssembly on the processor. Its
// runtimes are called webgpu and wasm, as onnxruntime-web calls what executes there.
import {range} from '../math/arrays.js';
import {normals} from '../math/random.js';
import {hasCard, mayHaveCard} from './card.js';

// Channels first: with channels last, onnxruntime-web 1.30 counts a convolution of six channels wrong on the card
// (its issue 29651)
const PROVIDERS = {wasm: 'wasm', webgpu: {name: 'webgpu', preferredLayout: 'NCHW'}};
const CHECKED_SIDE = 16; // of the image on which the card shows that it counts right
const TOLERANCE = 2e-3; // of its answer, where a grey level is 8e-3

// the runtime that fits this browser; `asked` is one that the reader wants
export const chooseRuntime = async asked => {
  if (asked === 'wasm' || !mayHaveCard()) return 'wasm';
  return asked === 'webgpu' || await hasCard() ? 'webgpu' : 'wasm';
};

// the residual that a session sees in images [x_t, x_in] at a point
const askSession = async (ort, session, images, [abar, bbar], height, width) => {
  const image = values => new ort.Tensor('float32', new Float32Array(values), [1, 3, height, width]);
  const number = value => new ort.Tensor('float32', [value], [1]);
  const [state, input] = images.map(image);
  const {res} = await session.run({x_t: state, x_in: input, abar: number(abar), bbar: number(bbar)});
  return res.data;
};

// refuse a card that gives another answer than the processor
const checkCard = async (ort, session, create) => {
  const noise = normals(1);
  const images = range(2, () => noise(3*CHECKED_SIDE**2).map(Math.tanh));
  const answerOf = one => askSession(ort, one, images, [.5, .5], CHECKED_SIDE, CHECKED_SIDE);
  const processor = await create('wasm');
  const [answer, right] = [await answerOf(session), await answerOf(processor)];
  await processor.release();
  const off = answer.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i])), 0);
  if (!(off <= TOLERANCE)) throw new Error('its answer is wrong');
};

// a network in a runtime: {runtime, threads, ask(images, point, height, width)}
export const openNetwork = async (runtime, script, wasm, network) => {
  const ort = await import(script);
  const threads = runtime === 'wasm' && self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  Object.assign(ort.env.wasm, {numThreads: threads, wasmBinary: wasm});
  const bytes = new Uint8Array(network);
  const options = {logSeverityLevel: 3}; // errors only
  const create = name => ort.InferenceSession.create(bytes, {...options, executionProviders: [PROVIDERS[name]]});
  const session = await create(runtime);
  if (runtime !== 'wasm') await checkCard(ort, session, create);
  return {runtime, threads, ask: (...question) => askSession(ort, session, ...question)};
};
