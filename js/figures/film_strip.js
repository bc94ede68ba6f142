// Frames along a schedule, with the shares of residual and noise under each.
import {clamp, range} from '../math/arrays.js';
import {scheduleAt} from '../math/schedules.js';
import {SCHEDULE_STATE} from '../ui/controls.js';
import {bar, colorKey, div, h, note, said, twoDigits} from '../ui/dom.js';
import {drawImage, imageCanvas} from '../ui/images.js';
import {COLORS} from '../ui/style.js';

const percent = share => clamp(100*share, 0, 100);

// the state at a point with its two bars; bbarMax fills the bar of the noise
const frame = (x, [abar, bbar], bbarMax) => {
  const canvas = imageCanvas(said('abar {0}, bbar {1}', twoDigits(abar), twoDigits(bbar)), 200);
  drawImage(canvas, x);
  const style = canvas.getAttribute('style');
  return h('figure', {class: 'frame', style, 'data-abar': abar, 'data-bbar': bbar}, canvas,
    bar(percent(abar), COLORS.res), bar(percent(bbar/bbarMax), COLORS.eps),
    h('figcaption', {}, `${twoDigits(abar)}, ${twoDigits(bbar)}`));
};

export const filmStrip = {
  state: {...SCHEDULE_STATE, frames: 6, pair: 0, seed: 1},
  payload: true,
  stories: {
    'rain without noise': {family: 'power', bbar_T: 0}, 'a little noise': {family: 'power', bbar_T: .4},
    'much noise': {family: 'power', bbar_T: 1.5}, 'a bridge: noise midway only': {family: 'bridge'},
    'a face becomes noise': {family: 'power', bbar_T: 1, pair: 5},
  },
  tip: 'Read from left to right: the clean image turns into the start of a restoration. The orange bar is the share '
    + 'of the residual, the blue one the noise.',
  draw(ui) {
    const frames = div('frames');
    ui.pairSelect();
    ui.slider('frames', 'frames', 2, 12, 1);
    ui.familySelect();
    ui.fold();
    ui.familySettings();
    ui.seedSlider();
    const legend = note(colorKey(COLORS.res), 'share of the residual ᾱ\u2003',
      colorKey(COLORS.eps), 'noise β̄, as a share of its largest');
    ui.root.append(frames, legend);
    return () => {
      const [schedule, count] = [ui.schedule(), ui.get('frames')];
      const bbarMax = Math.max(...schedule.bbar) || 1;
      const points = range(count, i => scheduleAt(schedule, i/(count - 1)));
      frames.replaceChildren(...points.map(point => frame(ui.forward(point), point, bbarMax)));
    };
  },
};
