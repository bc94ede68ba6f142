// Frames along a schedule, with the shares of residual and noise under each.
import {clamp, range} from '../math/arrays.js';
import {scheduleAt} from '../math/schedules.js';
import {SCHEDULE_STATE} from '../ui/controls.js';
import {bar, colorKey, div, h, note, twoDigits} from '../ui/dom.js';
import {drawImage, imageCanvas} from '../ui/images.js';
import {COLORS} from '../ui/style.js';

const percent = share => clamp(100*share, 0, 100);

// the state at a point with its two bars; bbarMax fills the bar of the noise
const frame = (x, [abar, bbar], bbarMax) => {
  const canvas = imageCanvas(`abar ${twoDigits(abar)}, bbar ${twoDigits(bbar)}`, 88);
  drawImage(canvas, x);
  return h('figure', {class: 'frame', 'data-abar': abar, 'data-bbar': bbar}, canvas,
    bar(percent(abar), COLORS.res), bar(percent(bbar/bbarMax), COLORS.eps),
    h('figcaption', {}, `${twoDigits(abar)}, ${twoDigits(bbar)}`));
};

export const filmStrip = {
  state: {...SCHEDULE_STATE, frames: 6, pair: 0, seed: 1},
  payload: true,
  draw(ui) {
    const frames = div('pics');
    ui.pairSelect();
    ui.scheduleControls();
    ui.slider('frames', 'frames', 2, 12, 1);
    ui.seedSlider();
    const legend = note(colorKey(COLORS.res), 'share of the residual ᾱ\u2003',
      colorKey(COLORS.eps), 'noise β̄, as a share of its largest');
    ui.root.append(frames, legend, ui.controls);
    return () => {
      const [schedule, count] = [ui.schedule(), ui.get('frames')];
      const bbarMax = Math.max(...schedule.bbar) || 1;
      const points = range(count, i => scheduleAt(schedule, i/(count - 1)));
      frames.replaceChildren(...points.map(point => frame(ui.forward(point), point, bbarMax)));
    };
  },
};
