// Residual and noise removed together or one after the other.
import {last} from '../math/arrays.js';
import {particles} from '../math/particles.js';
import {ORDERS, samplingPath} from '../math/paths.js';
import {Axes} from '../ui/axes.js';
import {SCHEDULE_STATE} from '../ui/controls.js';
import {colorKey, div, said, spaced} from '../ui/dom.js';
import {restorationPsnr, runStrip} from '../ui/images.js';
import {TINTS} from '../ui/style.js';

const layOutRemovalOrder = (ui, axes, films) => {
  ui.pairSelect();
  ui.slider('steps', 'steps', 2, 40, 1);
  ui.seedSlider();
  ui.fold();
  ui.familySelect();
  ui.familySettings();
  const labels = ORDERS.flatMap(order => [
    [order, said('{0}: PSNR, dB', spaced(order))],
    [`${order}_distance`, 'its particles: distance to the data'],
  ]);
  const numbers = ui.numbers(Object.fromEntries(labels));
  ui.root.append(div('row', div('pad', axes.svg), div('side', numbers)), ...films.flat());
};

// run in one order: its path, its frames and its numbers
const drawOrder = (ui, axes, film, order, color) => {
  const path = samplingPath(ui.schedule(), ui.get('steps'), order);
  const run = ui.restore(path);
  axes.curve(path, color);
  axes.dots(path, color, 3);
  film.show(run, spaced(order));
  const seed = ui.get('seed');
  const {distance: offset} = ui.kept(['particles', path, seed], () => particles(path, seed));
  ui.show({[order]: restorationPsnr(ui.pair(), last(run).x), [`${order}_distance`]: offset.toFixed(3)});
};

export const removalOrder = {
  state: {...SCHEDULE_STATE, steps: 10, pair: 0, seed: 1},
  payload: true,
  stories: {
    'a face from noise': {pair: 5, seed: 2}, 'other noise, another face': {pair: 5, seed: 4},
    'a flower in the rain': {pair: 0}, 'few steps': {steps: 3},
  },
  tip: 'Change the noise and compare the last images. Together, or residual first, it decides which face comes out. '
    + 'Noise first: once it is gone nothing tells the faces apart, and all runs end in the one nearest to their mean.',
  draw(ui) {
    const axes = new Axes({yMax: 2, label: 'three paths', height: 260});
    const films = ORDERS.map(() => runStrip(6));
    const words = i => div('note', colorKey(TINTS[i]), spaced(ORDERS[i]));
    layOutRemovalOrder(ui, axes, films.map((film, i) => [words(i), film]));
    return () => {
      axes.clear();
      ORDERS.forEach((order, i) => drawOrder(ui, axes, films[i], order, TINTS[i]));
    };
  },
};
