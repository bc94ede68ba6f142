// Residual and noise removed together or one after the other.
import {last} from '../math/arrays.js';
import {particles} from '../math/particles.js';
import {ORDERS, samplingPath} from '../math/paths.js';
import {Axes} from '../ui/axes.js';
import {SCHEDULE_STATE} from '../ui/controls.js';
import {colorKey, div, h, spaced} from '../ui/dom.js';
import {restorationPsnr, runStrip} from '../ui/images.js';
import {TINTS} from '../ui/style.js';

const layOutRemovalOrder = (ui, axes, films) => {
  ui.pairSelect();
  ui.slider('steps', 'steps', 2, 40, 1);
  ui.scheduleControls();
  ui.seedSlider();
  const labels = ORDERS.flatMap(order => [
    [order, `${spaced(order)}: PSNR, dB`],
    [`${order}_distance`, 'its particles: distance to the data'],
  ]);
  const numbers = ui.numbers(Object.fromEntries(labels));
  ui.root.append(div('row', div('pad', axes.svg), div('side', numbers)), films, ui.controls);
};

// run in one order: its path, its frames and its numbers
const drawOrder = (ui, axes, films, order, color) => {
  const path = samplingPath(ui.schedule(), ui.get('steps'), order);
  const run = ui.restore(path);
  axes.curve(path, color);
  path.forEach(point => axes.dot(point, color, {r: 3}));
  films.append(div('note', colorKey(color), spaced(order)),
    runStrip(run, 8, spaced(order), 60));
  const {distance: offset} = particles(path, 64, ui.get('seed'));
  ui.show({[order]: restorationPsnr(ui.pair(), last(run).x), [`${order}_distance`]: offset.toFixed(3)});
};

export const removalOrder = {
  state: {...SCHEDULE_STATE, steps: 10, pair: 0, seed: 1},
  payload: true,
  draw(ui) {
    const axes = new Axes({yMax: 2, label: 'three paths', height: 260});
    const films = h('div');
    layOutRemovalOrder(ui, axes, films);
    return () => {
      axes.clear();
      films.replaceChildren();
      ORDERS.forEach((order, i) => drawOrder(ui, axes, films, order, TINTS[i]));
    };
  },
};
