// The figures of rddm_nb: one module for the site, JupyterLab and Colab.
import {record} from './math/arrays.js';
import {posteriorVariance, qSample, reverseStep} from './math/diffusion.js';
import {ExactPredictor} from './math/exact.js';
import {psnr} from './math/metrics.js';
import {branchPath, drawPath, samplingPath} from './math/paths.js';
import {normals} from './math/random.js';
import {sampleSteps} from './math/sampling.js';
import {SOLVERS, solverFor} from './math/solvers.js';
import {
  bridge, circle, cosine, ddimLinear, line, makeSchedule, P, power, rho, scheduleAt, timesteps,
} from './math/schedules.js';
import {UI} from './ui/controls.js';
import {h, note} from './ui/dom.js';
import {unpack} from './ui/images.js';
import {addressKeeper, batched, followTheme, fromAddress, pageModel} from './ui/page.js';
import {CSS} from './ui/style.js';
import {stepDistributions} from './figures/eta_dial.js';
import * as figures from './figures/index.js';
import {switchPath} from './figures/metro.js';

// set what an address gave, which may be anything; the figure falls back to its own state where it cannot be drawn
const drawShared = (ui, state, shared, draw) => {
  try {
    ui.setWithin(shared);
    draw();
  } catch {
    ui.set(state);
    draw();
  }
};

// fill the element with a figure; shared values replace those of its state
const mount = (element, kind, model, data, shared = {}, keeper = null) => {
  const figure = figures[kind];
  if (!figure) throw new Error(`no figure ${kind}: there are ${Object.keys(figures).join(', ')}`);
  const root = h('div', {class: 'fig', role: 'group', 'aria-label': `figure: ${kind}`});
  const shadow = element.shadowRoot || element.attachShadow({mode: 'open'});
  element.setAttribute('data-lm-suppress-shortcuts', 'true'); // JupyterLab would take the arrow keys for its own
  shadow.replaceChildren(h('style', {}, CSS), root);
  const ui = new UI(model, data, root);
  const state = record(Object.keys(figure.state), key => model.get(key));
  root.append(ui.stories({...figure.stories, 'start again': state}));
  const redraw = figure.draw(ui);
  root.append(ui.first, ui.more, note(figure.tip));
  const keep = keeper?.(kind, state, model);
  const draw = () => {
    for (const sync of ui.syncs) sync();
    redraw();
    keep?.();
    element.dataset.drawn = 1 + (+element.dataset.drawn || 0);
  };
  const drawSoon = batched(draw);
  for (const key of Object.keys(figure.state)) model.on(`change:${key}`, drawSoon);
  followTheme(element, root, drawSoon);
  drawShared(ui, state, shared, draw);
};

let fetched = null;
const fetchImages = () => {
  fetched ||= fetch(new URL('figures.json', import.meta.url)).then(response => response.json()).then(unpack);
  return fetched;
};

// <rddm-figure kind="..." state="{...}"> on a page
const defineElement = () => customElements.define('rddm-figure', class extends HTMLElement {
  async connectedCallback() {
    const kind = this.getAttribute('kind');
    const figure = figures[kind];
    if (!figure || this.shadowRoot) return;
    const images = figure.payload ? await fetchImages() : null;
    this.model = pageModel({...figure.state, ...JSON.parse(this.getAttribute('state') || '{}')});
    mount(this, kind, this.model, images, fromAddress(kind, figure.state), addressKeeper);
  }
});

if (typeof customElements !== 'undefined' && !customElements.get('rddm-figure')) defineElement();

// what anywidget calls in a notebook
const render = async ({model, el}) => {
  const host = h('div');
  el.append(host);
  const kind = model.get('kind');
  mount(host, kind, model, figures[kind]?.payload ? await unpack(model.get('payload')) : null);
};
export default {render};

// for the tests
const states = record(Object.keys(figures), kind => figures[kind].state);
export {
  branchPath, bridge, circle, cosine, ddimLinear, drawPath, ExactPredictor, line, makeSchedule, normals, P,
  posteriorVariance, power, psnr, qSample, reverseStep, rho, sampleSteps, samplingPath, scheduleAt, SOLVERS,
  solverFor, states, stepDistributions, switchPath, timesteps, unpack,
};
