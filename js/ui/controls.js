// Controls bound to the model: what the reader sets, Python sees.
import {clamp, range, record} from '../math/arrays.js';
import {qSample} from '../math/diffusion.js';
import {ExactPredictor} from '../math/exact.js';
import {normals} from '../math/random.js';
import {sampleSteps} from '../math/sampling.js';
import {FAMILIES, makeSchedule, SETTINGS} from '../math/schedules.js';
import {button, div, h, write} from './dom.js';

const MOST_KEPT = 24; // values that take time to make
const INPUT_SPREAD = 16; // tau of the predictor: how far an input may be from its clean image

// the state of a figure with a schedule; a given one has the family 'given'
const initial = key => SETTINGS[key].initial;
export const SCHEDULE_STATE = {family: 'power', ...record(Object.keys(SETTINGS), initial), given: {}};

const optionPairs = options => options.map(option => Array.isArray(option) ? option : [option, option]);

export class UI {
  // root is the element that the figure fills; data are the unpacked images, or null
  constructor(model, data, root) {
    Object.assign(this, {model, data, root, outputs: {}, syncs: [], limits: {}, made: new Map(), more: []});
    this.first = this.controls = div('controls');
  }

  // what is added from now on stands in a part that the reader opens
  fold() {
    this.controls = div('controls');
    this.more = h('details', {}, h('summary', {}, 'more to set'), this.controls);
  }

  // a button for each story, {label: values}; it is pressed while the values are set
  stories(stories) {
    const story = ([label, values]) => {
      const element = button(label, () => this.set(values));
      const isSet = ([key, value]) => JSON.stringify(value) === JSON.stringify(this.get(key));
      this.syncs.push(() => element.setAttribute('aria-pressed', Object.entries(values).every(isSet)));
      return element;
    };
    return div('stories', Object.entries(stories).map(story));
  }

  get(key) {
    return this.model.get(key);
  }

  set(values) {
    for (const [key, value] of Object.entries(values)) this.model.set(key, value);
    this.model.save_changes();
  }

  // set what may be anything, numbers within the limits of their sliders
  setWithin(values) {
    const within = ([key, value]) => [key, this.limits[key]?.(value) ?? value];
    this.set(Object.fromEntries(Object.entries(values).map(within)));
  }

  // add a labelled control; isShown, if given, says when
  add(label, control, output, isShown) {
    const element = h('label', {}, h('span', {}, label), control, output);
    this.controls.append(element);
    if (isShown) this.syncs.push(() => {
      element.style.display = isShown() ? '' : 'none';
    });
  }

  // max may be a function
  slider(key, label, min, max, step, isShown) {
    const largest = () => typeof max === 'function' ? max() : max;
    this.limits[key] = value => clamp(value, min, largest());
    const oninput = () => this.set({[key]: +input.value});
    const input = h('input', {type: 'range', min, max: largest(), step, 'data-k': key, oninput});
    const output = h('output', {'data-n': key});
    this.syncs.push(() => {
      input.max = largest();
      input.value = this.get(key);
      output.textContent = +(+this.get(key)).toFixed(3);
    });
    this.add(label, input, output, isShown);
  }

  // options are values or [value, label]
  select(key, label, options, isShown) {
    const onchange = () => this.set({[key]: typeof this.get(key) === 'number' ? +select.value : select.value});
    const elements = optionPairs(options).map(([value, text]) => h('option', {value}, text));
    const select = h('select', {'data-k': key, onchange}, elements);
    this.syncs.push(() => {
      select.value = this.get(key);
    });
    this.add(label, select, null, isShown);
  }

  pairSelect() {
    this.select('pair', 'input', this.data.pairs.map((pair, i) => [i, pair.name]));
  }

  seedSlider() {
    this.slider('seed', 'another noise', 1, 20, 1);
  }

  familySelect() {
    const given = this.get('given')?.abar ? ['given'] : [];
    this.select('family', 'family', [...Object.keys(FAMILIES), ...given]);
  }

  // the settings of the chosen family
  familySettings() {
    for (const [key, {label, options, limits}] of Object.entries(SETTINGS)) {
      const isShown = () => FAMILIES[this.get('family')]?.settings.includes(key) ?? false;
      if (options) this.select(key, label, options, isShown);
      else this.slider(key, label, ...limits, isShown);
    }
  }

  // a table of named numbers, which show() fills
  numbers(labels) {
    return h('dl', {}, Object.entries(labels).map(([key, label]) => {
      this.outputs[key] = h('output', {'data-n': key});
      return [h('dt', {}, label), h('dd', {}, this.outputs[key])];
    }));
  }

  show(values) {
    for (const [key, value] of Object.entries(values)) write(this.outputs[key], value);
  }

  // {family, ...settings}, as chosen
  settings() {
    return record(['family', ...Object.keys(SETTINGS)], key => this.get(key));
  }

  // what has been chosen, or given from Python, or the schedule of other settings
  schedule(settings = this.settings()) {
    const given = this.get('given');
    if (settings.family === 'given' && given?.abar) return given;
    return this.kept(['schedule', settings], () => makeSchedule(settings));
  }

  // the chosen {x0, xIn, name, image}
  pair() {
    return this.data.pairs[clamp(this.get('pair'), 0, this.data.pairs.length - 1)];
  }

  // what make gives, made only once for the same values; what has not been asked for longest goes first
  kept(values, make) {
    const key = JSON.stringify(values);
    const value = this.made.has(key) ? this.made.get(key) : make();
    this.made.delete(key);
    this.made.set(key, value);
    if (this.made.size > MOST_KEPT) this.made.delete(this.made.keys().next().value);
    return value;
  }

  noise() {
    const seed = this.get('seed');
    return this.kept(['noise', seed], () => normals(seed)(this.pair().x0.length));
  }

  // x_t of the chosen pair and noise
  forward(point) {
    const {x0, xIn} = this.pair();
    return qSample(x0, xIn, this.noise(), ...point);
  }

  // the exact predictor for the images of the figures, which may ask the input too; faces alone are generated
  predictor(tau = INPUT_SPREAD, means = this.data.means) {
    const {count, faces} = this.data;
    const {generates} = this.pair();
    return this.kept(['predictor', generates, tau, means.length], () =>
      new ExactPredictor(means, count, generates ? {weights: range(count, i => +(i >= faces))} : {tau}));
  }

  // the predictor, and clean image, input and noise, in coordinates of what they span
  coordinates() {
    const {x0, xIn} = this.pair();
    const [{span: known, coordinates}, eps] = [this.data, this.noise()];
    const span = known.with(xIn).with(eps);
    const zeros = span.basis.slice(known.basis.length).fill(0);
    const predictor = this.predictor(INPUT_SPREAD, coordinates.flatMap(mean => [...mean, ...zeros]));
    return {span, predictor, parts: [x0, xIn, eps].map(image => span.coordinates(image))};
  }

  // the steps of a restoration of the chosen pair along a path; an image is made of one when it is looked at, and kept
  // of the first, with which other paths begin too
  restore(path, solver) {
    const chosen = [this.get('pair'), this.get('seed')];
    return this.kept([chosen, path, solver], () => {
      const {span, predictor, parts} = this.kept(chosen, () => this.coordinates());
      const run = sampleSteps(predictor, qSample(...parts, ...path[0]), parts[1], path, {solver});
      const first = this.kept(['first', chosen, path[0]], () => ({}));
      const seen = ({x, x0}, i) => {
        const images = i ? {} : first;
        return {
          get x() {
            return images.x ??= span.image(x);
          },
          get x0() {
            return images.x0 ??= span.image(x0 || x);
          },
        };
      };
      return Object.assign(run.map(seen), {evaluations: run.evaluations});
    });
  }
}
