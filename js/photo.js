// The photograph that a trained network restores in the page, or in the kernel of a notebook.
import {clamp, record} from './math/arrays.js';
import {psnr} from './math/metrics.js';
import {ORDERS} from './math/paths.js';
import {toPixels} from './math/pixels.js';
import {readImage} from './photo/files.js';
import {KernelNetwork, megabytes, PageNetwork} from './photo/networks.js';
import {fromPixels} from './photo/pixels.js';
import {rain} from './photo/rain.js';
import {PHOTO_CSS} from './photo/style.js';
import {unhurried} from './photo/unhurried.js';
import {UI} from './ui/controls.js';
import {button, div, h, note, said, spaced, write} from './ui/dom.js';
import {addressKeeper, batched, followTheme, fromAddress, pageModel} from './ui/page.js';
import {CSS} from './ui/style.js';

const OWN = -1; // the number of the reader's own photograph
const PHOTO_SIDES = [256, 384, 512, 768, 1024]; // of a photograph, the longer one, in pixels
const THUMB = 168; // width of a small picture, in pixels
const STATE = {photo: 0, rain: .1, steps: 5, eta: 0, seed: 1, order: 'together', side: 256};
const STORIES = {
  'a shower': {rain: .1, steps: 5, eta: 0}, 'a downpour': {rain: .24, steps: 5, eta: 0},
  'one step': {rain: .1, steps: 1, eta: 0}, 'twenty steps': {rain: .1, steps: 20, eta: 0},
  'fresh noise': {rain: .1, steps: 10, eta: 1},
};
const TRY = 'Try one step, then twenty: one gives the posterior mean at once, a little soft; many steps '
  + 'commit themselves to details. Then take a photograph of your own, with rain in it or without. It stays in your '
  + 'browser.';

// the pixels of an image, its longer side as asked; what is transparent is white. It yields now and then
const pixelsOf = function* (image, side) {
  const scale = Math.min(1, side/Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map(n => Math.max(1, Math.round(n*scale)));
  const canvas = h('canvas', {width, height});
  const context = canvas.getContext('2d', {willReadFrequently: true});
  Object.assign(context, {fillStyle: '#fff', imageSmoothingQuality: 'high'});
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  yield;
  const pixels = context.getImageData(0, 0, width, height);
  yield;
  return fromPixels(pixels);
};

// a photograph of the size that is asked for, {clean, input, before}: without rain, with it, and that as bytes
const degraded = function* (image, side, amount) {
  const clean = yield* pixelsOf(image, side);
  yield;
  const input = {...clean, x: yield* rain(clean, amount, 7)};
  yield;
  return {clean, input, before: toPixels(input.x)};
};

// PSNR [before, after] of a run
const qualities = function* (clean, input, after) {
  const before = psnr(input.x, clean.x);
  yield;
  const restored = fromPixels({...input, data: after});
  yield;
  return [before, psnr(restored.x, clean.x)].map(value => value.toFixed(1));
};

const paint = (canvas, bytes, width, height) => {
  Object.assign(canvas, {width, height});
  canvas.getContext('2d').putImageData(new ImageData(bytes, width, height), 0, 0);
};

// what a canvas shows, small
const smallCopy = canvas => {
  const small = h('canvas', {width: THUMB, height: Math.max(1, Math.round(THUMB*canvas.height/canvas.width))});
  small.getContext('2d').drawImage(canvas, 0, 0, small.width, small.height);
  return small;
};

const view = (label, caption) => {
  const canvas = h('canvas', {role: 'img', 'aria-label': label, width: 256, height: 192});
  const words = h('figcaption', {}, caption);
  return {canvas, words, figure: h('figure', {}, canvas, words)};
};

class PhotoFigure {
  constructor(ui, photos, network) {
    Object.assign(this, {ui, photos, network, own: null, run: null});
    this.left = view('the input', 'the input');
    this.right = view('the estimate of the clean photograph', 'the estimate');
    this.status = note();
    this.status.setAttribute('role', 'status');
    [this.detail, this.place] = [note(), note()];
    this.progress = h('progress', {max: 1, value: 0, hidden: '', 'aria-label': 'progress'});
    this.go = h('button', {type: 'button', class: 'go', disabled: '', onclick: () => this.restore()}, 'restore');
    this.halt = h('button', {type: 'button', hidden: '', onclick: () => this.stop()}, 'stop');
    this.strip = h('div', {class: 'strip', role: 'group', 'aria-label': 'the states'});
    this.result = this.layOutResult();
    this.layOut();
  }

  layOut() {
    const {ui} = this;
    ui.slider('rain', 'rain added', 0, .32, .02);
    ui.slider('steps', 'steps', 1, 20, 1);
    const first = ui.controls;
    ui.controls = div('controls');
    ui.slider('eta', 'fresh noise η', 0, 1, .05);
    ui.slider('seed', 'another noise', 1, 20, 1);
    ui.select('order', 'order', ORDERS.map(name => [name, spaced(name)]));
    ui.select('side', 'longer side, pixels', PHOTO_SIDES);
    const more = h('details', {}, h('summary', {}, 'more: noise, order, size'), ui.controls);
    const stories = Object.entries(STORIES).map(([name, values]) => button(name, () => {
      ui.set({...values, ...this.image() === this.own ? {rain: ui.get('rain')} : {}});
      this.restore();
    }));
    const act = div('row act', this.go, this.halt, div('choice stories', stories));
    ui.root.append(this.choice(), first, more, act, this.progress, this.detail, this.status,
      div('views', this.left.figure, this.right.figure), this.strip, this.result, this.place, note(TRY));
  }

  // three photographs, and the reader's own
  choice() {
    this.buttons = this.photos.map(({name, src, credit}, i) => {
      const image = h('img', {src, alt: name, title: said('{0}. {1}', name, credit)});
      return h('button', {type: 'button', onclick: () => this.ui.set({photo: i, rain: STATE.rain})}, image);
    });
    const onchange = () => this.take(file.files);
    const file = h('input', {type: 'file', accept: 'image/*', onchange});
    return div('choice', this.buttons, h('label', {}, file, 'your own: choose, or drop it here'));
  }

  layOutResult() {
    this.both = h('canvas', {role: 'img', 'aria-label': 'left of the line before, right of it after'});
    this.split = h('input', {type: 'range', min: 0, max: 1, step: .01, value: .5, 'aria-label': 'before and after',
      oninput: () => this.drawSplit()});
    this.line = h('i');
    const save = button('save the result', () => this.save());
    const result = div('compare', div('split', this.both, this.line), this.split, save);
    result.hidden = true;
    return result;
  }

  // the chosen photograph, as an element; null while it is not there
  image() {
    const chosen = this.ui.get('photo');
    return chosen === OWN ? this.own : this.photos[clamp(chosen, 0, this.photos.length - 1)].image;
  }

  // the first of the files that were chosen or dropped
  async take([file, ...others]) {
    if (!file) return;
    const taken = this.taken = {};
    const image = await readImage(file, PHOTO_SIDES.at(-1));
    if (this.taken !== taken) return;
    if (!image) {
      this.say('{0} is not an image that this browser can read', file.name);
      return;
    }
    this.own = image;
    this.ui.set({photo: OWN, rain: 0});
    this.changed();
    this.say(others.length ? 'one photograph at a time: this is {0}' : '', file.name);
  }

  // what goes in: the photograph, clean and with rain, at the size that was asked for. Who waits for it gets the newest
  prepare() {
    const image = this.image();
    if (!image) return this.prepared;
    if (this.run) this.network.stop();
    const wanted = this.wanted = {};
    const work = degraded(image, this.ui.get('side'), this.ui.get('rain'));
    this.prepared = unhurried(work, () => this.wanted === wanted).then(parts => {
      if (this.wanted !== wanted) return this.prepared;
      Object.assign(this, parts);
      this.clear();
      return null;
    });
    return this.prepared;
  }

  // the input, and no result yet
  clear() {
    const {width, height} = this.input;
    this.run = null;
    this.shown = -1;
    this.strip.replaceChildren();
    this.result.hidden = true;
    paint(this.left.canvas, this.before, width, height);
    const wet = this.ui.get('rain') > 0;
    write(this.left.words, wet ? 'the input: the photograph with rain added' : 'the input, as it is');
    Object.assign(this.right.canvas, {width, height});
    write(this.right.words, 'the estimate will appear here');
    this.buttons.forEach((element, i) => element.setAttribute('aria-pressed', i === this.ui.get('photo')));
  }

  // what a screen reader reads out
  say(...words) {
    write(this.status, ...words);
  }

  // how far it is, in words that change too often for a screen reader
  tell(share, ...words) {
    this.progress.value = share;
    write(this.detail, words.join(' · '));
  }

  // is it at work?
  work(is) {
    if (!is && this.halt.getRootNode().activeElement === this.halt) this.go.focus();
    this.progress.hidden = this.halt.hidden = this.detail.hidden = !is;
    this.tell(0);
  }

  stop() {
    this.turn = null;
    this.network.stop();
    this.work(false);
    this.say('stopped');
  }

  async offer() {
    const size = await this.network.offer();
    if (size === null) {
      this.say('This copy of the page was built without the network and its runtime: the pictures above are all that '
        + 'it can show. The copy on the web has them.');
      return;
    }
    this.go.disabled = false;
    if (size) write(this.go, 'load the network ({0}) and restore', size);
  }

  // fetch the network, if it is not there, and run; what was begun before is given up
  async restore() {
    if (this.go.disabled || !this.image()) return;
    write(this.go, 'restore');
    const turn = this.turn = {};
    this.work(true);
    try {
      if (await this.load()) await this.follow();
    } catch (error) {
      if (this.turn === turn) this.say('It did not work: {0}', error.message);
    }
    if (this.turn === turn) this.work(false);
  }

  async load() {
    const turn = this.turn;
    const isThere = await this.network.load((share, {there, total}) => {
      const words = said('{0} of {1} MB', megabytes(there), megabytes(total));
      this.tell(share, share < 1 ? words : 'the network is being set up');
    });
    write(this.place, ...this.network.place ?? ['']);
    await this.prepared;
    return isThere && this.turn === turn;
  }

  // run, and show each state as it comes
  async follow() {
    this.clear();
    const {x: xIn, width, height} = this.input;
    const settings = record(['steps', 'eta', 'seed', 'order'], key => this.ui.get(key));
    const run = this.run = Object.assign([], {steps: settings.steps, began: performance.now()});
    this.say('restoring, steps: {0}', settings.steps);
    this.tellStep(0);
    const isDone = await this.network.restore({xIn, width, height, ...settings}, {
      state: ({step, images}) => this.addState(step, images),
      tile: tile => this.addTile(tile),
    });
    if (isDone && this.run === run) await this.finish();
  }

  since() {
    return (performance.now() - this.run.began)/1000;
  }

  // of a step, a share may be done; the time that is left is guessed from the time it took so far
  tellStep(step, share = 0, ...words) {
    const {steps} = this.run;
    const done = (step + share)/steps;
    const left = done > 0 ? [said('about {0} s more', Math.ceil(this.since()*(1 - done)/done))] : [];
    this.tell(done, said('step {0} of {1}', Math.min(step + 1, steps), steps), ...words, ...left);
  }

  addState(step, images) {
    this.run.push(images);
    this.show(step);
    const small = smallCopy(this.left.canvas);
    const onclick = () => this.show(step);
    this.strip.append(h('button', {type: 'button', 'aria-label': said('state {0}', step), onclick}, small));
    this.mark(step);
    this.ui.root.dataset.states = this.run.length;
    this.tellStep(step + 1);
  }

  // a tile of the estimate, shown where the newest estimate is
  addTile({step, image, left, top, width, height, tile, tiles}) {
    this.tellStep(step, tile/tiles, said('tile {0} of {1}', tile, tiles));
    if (this.shown !== step - 1) return;
    this.right.canvas.getContext('2d').putImageData(new ImageData(image, width, height), left, top);
    write(this.right.words, 'the estimate at state {0}, tile by tile', step);
  }

  // one state and the estimate there, large
  show(step) {
    const {width, height} = this.input;
    const [x, x0] = this.run[step];
    paint(this.left.canvas, x, width, height);
    paint(this.right.canvas, x0, width, height);
    write(this.left.words, 'state {0}', step);
    if (step === this.run.steps) write(this.right.words, 'the result');
    else write(this.right.words, 'the estimate at state {0}', step);
    this.mark(step);
  }

  // which state is shown
  mark(step) {
    this.shown = step;
    [...this.strip.children].forEach((element, i) => element.setAttribute('aria-pressed', i === step));
  }

  async finish() {
    const {run, clean, input} = this;
    const seconds = this.since().toFixed(1);
    this.after = run.at(-1)[1];
    Object.assign(this.both, {width: input.width, height: input.height});
    this.result.hidden = false;
    this.drawSplit();
    write(this.place, ...this.network.place);
    const psnrs = await unhurried(qualities(clean, input, this.after), () => this.run === run);
    if (this.run !== run) return;
    if (input.x === clean.x) this.say('done in {0} s', seconds);
    else this.say('done in {0} s; PSNR {1} dB before, {2} dB after', seconds, ...psnrs);
    this.ui.root.dataset.done = 1 + (+this.ui.root.dataset.done || 0);
  }

  drawSplit() {
    const {width, height} = this.both;
    const at = Math.round(this.split.value*width);
    this.line.style.left = `${100*at/width}%`;
    const context = this.both.getContext('2d');
    context.putImageData(new ImageData(this.after, width, height), 0, 0);
    if (at > 0) context.putImageData(new ImageData(this.before, width, height), 0, 0, 0, 0, at, height);
  }

  save() {
    const {width, height} = this.both;
    const canvas = h('canvas', {});
    paint(canvas, this.after, width, height);
    canvas.toBlob(blob => {
      const link = h('a', {href: URL.createObjectURL(blob), download: 'restored.png'});
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  // photographs may be dropped anywhere on the figure
  acceptDrops() {
    const {root} = this.ui;
    const over = is => event => {
      event.preventDefault();
      root.classList.toggle('over', is);
    };
    root.addEventListener('dragover', over(true));
    root.addEventListener('dragleave', over(false));
    root.addEventListener('drop', event => {
      over(false)(event);
      this.take(event.dataTransfer.files);
    });
  }
}

const loadImage = async photo => {
  const image = new Image();
  image.src = photo.src;
  await image.decode();
  return {...photo, image};
};

// fill the element with the figure
const mount = async (element, model, {photos}, network, shared = {}, keep = () => {}) => {
  const root = h('div', {class: 'fig', role: 'group', 'aria-label': 'figure: a photograph restored'});
  const loaded = await Promise.all(photos.map(loadImage));
  const shadow = element.shadowRoot || element.attachShadow({mode: 'open'});
  element.setAttribute('data-lm-suppress-shortcuts', 'true'); // JupyterLab would take the arrow keys for its own
  shadow.replaceChildren(h('style', {}, CSS + PHOTO_CSS), root);
  const ui = new UI(model, null, root);
  const figure = element.figure = new PhotoFigure(ui, loaded, network);
  ui.limits.photo = value => clamp(value, 0, photos.length - 1);
  ui.setWithin(shared);
  const sync = () => {
    ui.syncs.forEach(call => call());
    keep();
  };
  const draw = figure.changed = batched(async () => {
    sync();
    await figure.prepare();
    element.dataset.drawn = 1 + (+element.dataset.drawn || 0);
  });
  for (const key of ['steps', 'eta', 'seed', 'order']) model.on(`change:${key}`, sync);
  for (const key of ['photo', 'rain', 'side']) model.on(`change:${key}`, draw);
  followTheme(element, root, () => {});
  figure.acceptDrops();
  draw();
  await figure.offer();
};

// on a page: when the figure comes into sight
const begin = async element => {
  const {photos, schedule} = await (await fetch(new URL('photos.json', import.meta.url))).json();
  const placed = photos.map(photo => ({...photo, src: new URL(photo.src, import.meta.url).href}));
  const state = {...STATE, ...JSON.parse(element.getAttribute('state') || '{}')};
  const model = element.model = pageModel(state);
  const network = new PageNetwork(import.meta.url, schedule);
  const address = [fromAddress('photo', state), addressKeeper('photo', state, model)];
  await mount(element, model, {photos: placed}, network, ...address);
};

const inSight = new WeakSet();
const watch = element => {
  const observer = new IntersectionObserver(entries => {
    if (inSight.has(element) || !entries.some(entry => entry.isIntersecting)) return;
    inSight.add(element);
    observer.disconnect();
    begin(element);
  }, {rootMargin: '200px'});
  observer.observe(element);
};
if (typeof document !== 'undefined') document.querySelectorAll('rddm-figure[kind=photo]').forEach(watch);

// what anywidget calls in a notebook
const render = ({model, el}) => {
  const host = h('div');
  el.append(host);
  mount(host, model, model.get('payload'), new KernelNetwork(model));
};
export default {render};

// for the tests
const states = {photo: STATE};
export {rain, states};
