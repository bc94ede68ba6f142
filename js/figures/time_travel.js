// A sampling run, and branches that leave it at any step with other noise or in another order.
import {last, range} from '../math/arrays.js';
import {POSTERIORS, posteriorVariance} from '../math/diffusion.js';
import {mse} from '../math/metrics.js';
import {branchPath, ORDERS, samplingPath} from '../math/paths.js';
import {normals} from '../math/random.js';
import {sampleSteps} from '../math/sampling.js';
import {Axes} from '../ui/axes.js';
import {SCHEDULE_STATE} from '../ui/controls.js';
import {button, colorKey, div, h, hyphened, said, spaced, twoDigits} from '../ui/dom.js';
import {captioned, drawImage, imageCanvas, restorationPsnr, runStrip} from '../ui/images.js';
import {COLORS, TINTS} from '../ui/style.js';

const MOST_FRAMES = 11;
const MOST_BRANCHES = 4;

const heading = (color, words, attributes = {}) => h('div', {class: 'note', ...attributes}, colorKey(color), words);

const addBranch = ui => {
  const at = Math.min(ui.get('at'), ui.get('steps') - 1);
  const branch = {at, eta: ui.get('eta'), posterior: ui.get('posterior'), order: ui.get('order')};
  ui.set({branches: [...ui.get('branches'), branch].slice(-MOST_BRANCHES)});
};

const layOutTimeTravel = (ui, axes, images, films) => {
  ui.slider('at', 'now at step', 0, () => ui.get('steps'), 1);
  ui.slider('eta', 'η of the fork', 0, 1, .05);
  ui.select('order', 'its order', ORDERS.map(name => [name, spaced(name)]));
  ui.fold();
  ui.select('posterior', 'its variance', Object.keys(POSTERIORS).map(name => [name, hyphened(name)]));
  ui.pairSelect();
  ui.slider('steps', 'steps', 2, 30, 1);
  ui.seedSlider();
  ui.familySelect();
  ui.familySettings();
  const shown = div('pics', captioned(images.x, 'state'), captioned(images.x0, 'estimate'));
  const numbers = ui.numbers({abar: 'ᾱ', bbar: 'β̄', psnr: 'main run: PSNR, dB'});
  const buttons = h('div', {},
    button('fork here', () => addBranch(ui)), ' ', button('clear forks', () => ui.set({branches: []})));
  ui.root.append(div('row', div('pad', axes.svg), shown, numbers), buttons, films);
};

// the frames of the main run; a click on one goes to its step
const drawMain = (ui, axes, films, run, path, step) => {
  axes.curve(path, COLORS.other);
  axes.dots(path, COLORS.other, 3);
  axes.dot(path[step], 'currentColor', {r: 6});
  const [lastStep, lastFrame] = [path.length - 1, Math.min(path.length, MOST_FRAMES) - 1];
  const picked = Math.round(step/lastStep*lastFrame);
  const strip = ui.strips[0];
  strip.show(run, 'main run');
  [...strip.children].forEach((canvas, frame) => {
    canvas.style.cursor = 'pointer';
    canvas.style.outline = frame === picked ? `3px solid ${COLORS.eps}` : '';
    canvas.onclick = () => ui.set({at: Math.round(frame*lastStep/lastFrame)});
  });
  films.append(heading(COLORS.other, 'main run, η = 0'), strip);
};

const describe = ({eta, posterior, order}, step) =>
  said('fork at step {0}: η = {1}, {2}, {3}', step, eta, hyphened(posterior), spaced(order));

const exists = (path, {eta, posterior}) =>
  path.slice(1).every((to, i) => !Number.isNaN(posteriorVariance(posterior, path[i], to, eta)));

// run the branch number i from its step of the main run on
const drawBranch = (ui, axes, films, main, mainPath, branch, i) => {
  const step = Math.min(branch.at, mainPath.length - 2);
  const path = branchPath(mainPath, step, branch.order);
  const words = describe(branch, step);
  const head = heading(TINTS[i], words, {'data-fork': i});
  films.append(head);
  if (!exists(path, branch)) {
    head.append(said(': this variance does not exist on this path'));
    return;
  }
  const seed = 100*ui.get('seed') + i;
  const run = ui.kept([mainPath, branch, ui.get('pair'), seed], () =>
    sampleSteps(ui.predictor(), main[step].x, ui.pair().xIn, path, {...branch, randn: normals(seed)}));
  const end = last(run).x;
  const apart = Math.sqrt(mse(end, last(main).x)).toFixed(3);
  axes.curve(path, TINTS[i], {'stroke-dasharray': '6 4'});
  head.append(said('; PSNR in dB: {0}; differs from the main run by {1}', restorationPsnr(ui.pair(), end), apart));
  films.append(ui.strips[i + 1]);
  ui.strips[i + 1].show(run, words);
};

const fork = (at, eta, order) => ({pair: 5, seed: 6, branches: [{at, eta, posterior: 'sum_constrained', order}]});
const BRANCHING = {at: 5, eta: 1, posterior: 'sum_constrained', order: 'together', branches: []};
export const timeTravel = {
  state: {...SCHEDULE_STATE, steps: 10, pair: 0, seed: 1, ...BRANCHING},
  payload: true,
  stories: {
    'fresh noise early: another face': fork(1, 1, 'together'), 'late: the same': fork(7, 1, 'together'),
    'noise first': fork(0, 0, 'noise_first'), 'residual first': fork(0, 0, 'residual_first'),
  },
  tip: 'Click a frame of the main run and press “fork here”: the same state goes on with other noise or in another '
    + 'order. Fresh noise early leads to another image; late it changes nothing any more.',
  draw(ui) {
    const images = {x: imageCanvas('the state now', 200), x0: imageCanvas('the estimate now', 200)};
    const axes = new Axes({yMax: 2, height: 250, label: 'paths of the branches'});
    const films = h('div');
    ui.strips = range(MOST_BRANCHES + 1, () => runStrip(MOST_FRAMES));
    layOutTimeTravel(ui, axes, images, films);
    return () => {
      const path = samplingPath(ui.schedule(), ui.get('steps'));
      const step = Math.min(ui.get('at'), path.length - 1);
      const run = ui.restore(path);
      axes.clear();
      films.replaceChildren();
      drawMain(ui, axes, films, run, path, step);
      ui.get('branches').forEach((branch, i) => drawBranch(ui, axes, films, run, path, branch, i));
      drawImage(images.x, run[step].x);
      drawImage(images.x0, run[step].x0 || run[step].x);
      const [abar, bbar] = path[step].map(twoDigits);
      ui.show({abar, bbar, psnr: restorationPsnr(ui.pair(), last(run).x)});
    };
  },
};
