// Who restores a photograph: a network in a worker of the page, or the kernel of a notebook. Both have load(onProgress)
// and restore(request, on), promises of whether it was done, stop(), and place, where the network runs, in words.
import {mayHaveCard} from './card.js';

export const megabytes = bytes => (bytes/2**20).toFixed(1);

// requests by number, and what is to be done with their answers
class Requests {
  constructor(post) {
    Object.assign(this, {post, last: 0, open: new Map()});
  }

  // hear no more of what has been asked for
  drop() {
    for (const {resolve} of this.open.values()) resolve(false);
    this.open.clear();
  }

  // whether it was done; on = {state, tile} hears of each state, and of each tile of it
  restore(request, on) {
    this.last++;
    this.drop();
    return new Promise((resolve, reject) => {
      this.open.set(this.last, {resolve, reject, on});
      this.post({kind: 'restore', id: this.last, ...request});
    });
  }

  // an answer; those to requests that nobody waits for any more are dropped
  hear({kind, id, message, ...answer}) {
    const request = this.open.get(id);
    if (!request) return;
    if (request.on[kind]) {
      request.on[kind](answer);
      return;
    }
    if (kind === 'done') request.resolve(true);
    else request.reject(new Error(message));
    this.open.delete(id);
  }
}

const bytesOf = files => files.reduce((bytes, file) => bytes + file.bytes, 0);

// where the network runs, in words
const placeOf = ({runtime, threads, failure}) => {
  if (runtime === 'webgpu') return ['The network runs on the graphics card (WebGPU).'];
  if (failure) return ['The graphics card could not run the network ({0}), so it runs in WebAssembly.', failure];
  return ['The network runs in WebAssembly, threads: {0}.', threads];
};

export class PageNetwork {
  // base is the address of the module; schedule that of the network
  constructor(base, schedule) {
    Object.assign(this, {folder: new URL('runtime/', base), base, schedule, ready: null, place: null});
    this.asked = new URLSearchParams(location.search).get('runtime'); // webgpu and wasm may be asked for
    this.requests = new Requests(request => this.worker.postMessage(request));
  }

  // how large the download is, in words; null if this copy of the site has none
  async offer() {
    try {
      const response = await fetch(new URL('runtime.json', this.folder));
      this.files = await response.json();
      return this.files.runtimes && this.sizes();
    } catch {
      return null;
    }
  }

  // of the runtimes that this browser may take
  sizes() {
    const {runtimes, network} = this.files;
    const names = this.asked !== 'wasm' && mayHaveCard() ? ['wasm', 'webgpu'] : ['wasm'];
    const sizes = names.map(name => megabytes(bytesOf([...Object.values(runtimes[name]), network])));
    return `${sizes.join('–')} MB`;
  }

  // fetch everything once; whether it is there. onProgress(share, bytes there, bytes in all)
  load(onProgress) {
    this.onProgress = onProgress;
    this.ready ||= this.start().catch(error => {
      this.end();
      throw error;
    });
    return this.ready;
  }

  start() {
    this.worker = new Worker(new URL('photo_worker.js', this.base), {type: 'module'});
    this.worker.postMessage({kind: 'load', folder: this.folder.href, asked: this.asked, ...this.files});
    return new Promise((resolve, reject) => {
      this.settle = resolve;
      this.worker.onerror = event => reject(new Error(event.message || 'the worker does not start'));
      this.worker.onmessage = ({data}) => {
        if (data.kind === 'progress') this.onProgress(data.there/data.total, data);
        else if (data.kind === 'ready') this.begin(data);
        else if (data.id === undefined) reject(new Error(data.message));
        else this.requests.hear(data);
      };
    });
  }

  begin(data) {
    this.place = placeOf(data);
    this.settle(true);
  }

  end() {
    this.worker.terminate();
    this.ready = this.place = null;
  }

  // no more of what goes on, a run or the loading
  stop() {
    this.requests.drop();
    if (this.place) this.worker.postMessage({kind: 'stop'});
    else if (this.ready) {
      this.end();
      this.settle(false);
    }
  }

  restore(request, on) {
    return this.requests.restore({...request, schedule: this.schedule}, on);
  }
}

export class KernelNetwork {
  constructor(model) {
    const post = ({xIn, ...request}) => model.send(request, undefined, [xIn.slice().buffer]);
    Object.assign(this, {model, requests: new Requests(post), place: ['The network runs in the kernel.']});
    const bytes = view => new Uint8ClampedArray(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
    model.on('msg:custom', (answer, buffers) => this.requests.hear({...answer, images: buffers.map(bytes)}));
  }

  async offer() {
    return '';
  }

  async load() {
    return true;
  }

  // the kernel hears it between two steps
  stop() {
    this.requests.drop();
    this.model.send({kind: 'stop'});
  }

  restore(request, on) {
    return this.requests.restore(request, on);
  }
}
