// Who restores a photograph: a network in a worker of the page, or the kernel of a notebook. Both have
// load(onProgress), and restore(request, onState), a promise of the end.

const megabytes = bytes => (bytes/2**20).toFixed(1);

// a file of which one sees how much is there
const download = async (url, onBytes) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
  const reader = response.body.getReader();
  const parts = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    onBytes(part.value.length);
  }
  return new Blob(parts).arrayBuffer();
};

// requests by number, and what is to be done with their answers
class Requests {
  constructor(post) {
    Object.assign(this, {post, last: 0, open: new Map()});
  }

  restore(request, onState) {
    this.last++;
    for (const {resolve} of this.open.values()) resolve(false);
    this.open.clear();
    return new Promise((resolve, reject) => {
      this.open.set(this.last, {resolve, reject, onState});
      this.post({kind: 'restore', id: this.last, ...request});
    });
  }

  // an answer; those to requests that nobody waits for any more are dropped
  hear({kind, id, message, ...state}) {
    const request = this.open.get(id);
    if (!request) return;
    if (kind === 'state') request.onState(state);
    if (kind === 'done') request.resolve(true);
    if (kind === 'failed') request.reject(new Error(message));
    if (kind !== 'state') this.open.delete(id);
  }
}

export class PageNetwork {
  // base is the address of the module; schedule that of the network
  constructor(base, schedule) {
    Object.assign(this, {folder: new URL('runtime/', base), base, schedule, ready: null});
  }

  // how large the download is, in words; null if this copy of the site has none
  async offer() {
    try {
      const response = await fetch(new URL('runtime.json', this.folder));
      this.files = (await response.json()).files;
      return this.files && `${megabytes(this.total())} MB`;
    } catch {
      return null;
    }
  }

  total() {
    return Object.values(this.files).reduce((bytes, file) => bytes + file.bytes, 0);
  }

  // fetch everything once; onProgress(share, [words, ...values])
  load(onProgress) {
    this.ready ||= this.start(onProgress).catch(error => {
      this.ready = null;
      throw error;
    });
    return this.ready;
  }

  async start(onProgress) {
    let there = 0;
    const fetched = ({name}) => download(new URL(name, this.folder), bytes => {
      there += bytes;
      onProgress(there/this.total(), ['{0} of {1} MB', megabytes(there), megabytes(this.total())]);
    });
    const {runtime, wasm, network} = this.files;
    const [wasmBytes, networkBytes] = await Promise.all([wasm, network].map(fetched));
    onProgress(1, ['the network is being set up']);
    const worker = new Worker(new URL('photo_worker.js', this.base), {type: 'module'});
    this.requests = new Requests(request => worker.postMessage(request));
    await new Promise((resolve, reject) => {
      worker.onerror = event => reject(new Error(event.message || 'the worker does not start'));
      worker.onmessage = ({data}) => {
        if (data.kind === 'ready') resolve();
        else if (data.id === undefined) reject(new Error(data.message));
        else this.requests.hear(data);
      };
      const message = {kind: 'load', runtime: new URL(runtime.name, this.folder).href};
      worker.postMessage({...message, wasm: wasmBytes, network: networkBytes}, [wasmBytes, networkBytes]);
    });
  }

  restore(request, onState) {
    return this.requests.restore({...request, schedule: this.schedule}, onState);
  }
}

export class KernelNetwork {
  constructor(model) {
    const post = ({xIn, ...request}) => model.send(request, undefined, [Float32Array.from(xIn).buffer]);
    this.requests = new Requests(post);
    const bytes = view => new Uint8ClampedArray(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
    model.on('msg:custom', (answer, buffers) => this.requests.hear({...answer, images: buffers.map(bytes)}));
  }

  async offer() {
    return '';
  }

  async load() {}

  restore(request, onState) {
    return this.requests.restore(request, onState);
  }
}
