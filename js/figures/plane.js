// A point of the plane, and the state there.
import {psnr} from '../math/metrics.js';
import {Axes} from '../ui/axes.js';
import {div, formatPsnr, twoDigits} from '../ui/dom.js';
import {handle} from '../ui/handle.js';
import {captioned, drawImage, imageCanvas, residualImage} from '../ui/images.js';
import {COLORS} from '../ui/style.js';

// a handle on the axes, which a press anywhere on them moves there and takes hold of
const pointHandle = (ui, axes) => {
  const move = ([abar, bbar]) => ui.set({abar, bbar});
  const point = handle(axes, COLORS.other, 'place on the plane', () => [ui.get('abar'), ui.get('bbar')], move);
  axes.svg.append(point);
  axes.svg.addEventListener('pointerdown', event => {
    move(axes.pointOf(event));
    point.dispatchEvent(new PointerEvent('pointerdown', {pointerId: event.pointerId}));
  });
  return point;
};

const layOutPlane = (ui, axes, images) => {
  ui.slider('abar', 'residual ᾱ', 0, 1, .01);
  ui.slider('bbar', 'noise β̄', 0, 1.5, .01);
  ui.pairSelect();
  ui.fold();
  ui.seedSlider();
  const parts = div('pics',
    captioned(images.x0, 'clean'), captioned(images.xIn, 'input'), captioned(images.res, 'residual'));
  const numbers = ui.numbers({psnr: 'PSNR to the clean image, dB', rho: 'noise per clean share ρ'});
  const side = div('side', captioned(images.x, 'state here'), numbers, parts);
  ui.root.append(div('row', div('pad', axes.svg), side));
};

export const plane = {
  state: {abar: .5, bbar: .3, pair: 0, seed: 1},
  payload: true,
  stories: {
    'the clean image': {abar: 0, bbar: 0}, 'the input': {abar: 1, bbar: 0},
    'a little noise on it': {abar: 1, bbar: .4}, 'all noise': {abar: 1, bbar: 1.5},
  },
  tip: 'Drag the purple point: to the right comes the rain, upwards the noise. Beside it you see what it holds.',
  draw(ui) {
    const axes = new Axes({yMax: 1.5, draggable: true, label: 'plane of residual and noise'});
    const point = pointHandle(ui, axes);
    const images = {
      x0: imageCanvas('the clean image'), xIn: imageCanvas('the input'),
      res: imageCanvas('the residual'), x: imageCanvas('the state', 256),
    };
    layOutPlane(ui, axes, images);
    return () => {
      const {x0, xIn} = ui.pair();
      const [abar, bbar] = [ui.get('abar'), ui.get('bbar')];
      const x = ui.forward([abar, bbar]);
      axes.clear();
      axes.curve([[0, 0], [abar, 0]], COLORS.res);
      axes.curve([[abar, 0], [abar, bbar]], COLORS.eps);
      axes.dot([0, 0], COLORS.x0);
      axes.text([0, 0], 'clean');
      axes.text([1, 0], 'input', {'text-anchor': 'end', dx: -14});
      point.sync();
      drawImage(images.x0, x0);
      drawImage(images.xIn, xIn);
      drawImage(images.res, ui.kept(['residual', ui.get('pair')], () => residualImage(ui.pair())));
      drawImage(images.x, x);
      ui.show({psnr: formatPsnr(psnr(x, x0)), rho: twoDigits(bbar/(1 - abar))});
    };
  },
};
