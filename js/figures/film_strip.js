// Frames along a schedule, with the shares of residual and noise under each.
import {clamp, range} from '../math/arrays.js';
import {scheduleAt} from '../math/schedules.js';
import {SCHEDULE_STATE} from '../ui/controls.js';
import {bar, colorKey, div, h, note, said, twoDigits} from '../ui/dom.js';
import {drawImage, imageCanvas, syncChildren} from '../ui/images.js';
import {COLORS} from '../ui/style.js';

const percent = share => clamp(100*share, 0, 100);

// a state with its two bars; show() draws it at a point, where bbarMax fills the bar of the noise
const frame = () => {
  const [canvas, caption] = [imageCanvas('', 200), h('figcaption')];
  const [res, eps] = [bar(), bar()];
  const element = h('figure', {class: 'frame', style: canvas.getAttribute('style')}, canvas, res, eps, caption);
  element.show = (x, [abar, bbar], bbarMax) => {
    Object.assign(element.dataset, {abar, bbar});
    canvas.setAttribute('aria-label', said('abar {0}, bbar {1}', twoDigits(abar), twoDigits(bbar)));
    drawImage(canvas, x);
    res.fill(percent(abar), COLORS.res);
    eps.fill(percent(bbar/bbarMax), COLORS.eps);
    caption.textContent = `${twoDigits(abar)}, ${twoDigits(bbar)}`;
  };
  return element;
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
      syncChildren(frames, points, frame).forEach((element, i) =>
        element.show(ui.forward(points[i]), points[i], bbarMax));
    };
  },
};
