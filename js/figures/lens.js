// The posterior: the known images by their weights.
import {psnr} from '../math/metrics.js';
import {bar, div, formatPsnr, h, said, twoDigits} from '../ui/dom.js';
import {captioned, drawImage, imageCanvas, syncChildren} from '../ui/images.js';
import {COLORS} from '../ui/style.js';

const SHOWN = 8;

const entropy = weights => weights.reduce((total, w) => w > 0 ? total - w*Math.log(w) : total, 0);

// a known image, its number i, with its posterior weight; show() fills it in
const weighted = ui => {
  const [canvas, share, caption] = [imageCanvas(''), bar(), h('figcaption')];
  const element = h('figure', {style: canvas.getAttribute('style')}, canvas, share, caption);
  element.show = (i, weight) => {
    element.dataset.i = i;
    canvas.setAttribute('aria-label', said('known image {0}', i));
    drawImage(canvas, ui.data.image(i));
    share.fill(100*weight, i === ui.pair().image ? COLORS.x0 : COLORS.other);
    caption.textContent = `${(100*weight).toFixed(1)} %`;
  };
  return element;
};

const layOutLens = (ui, images, shares) => {
  ui.slider('bbar', 'noise β̄', .1, 40, .1);
  ui.slider('abar', 'residual ᾱ', 0, .99, .01);
  ui.pairSelect();
  ui.fold();
  ui.seedSlider();
  const numbers = ui.numbers({
    rho: 'noise level ρ', effective: 'effective number of images',
    truth: 'posterior weight of the true one', psnr: 'posterior mean: PSNR, dB',
  });
  const shown = div('pics',
    captioned(images.x, 'state'), captioned(images.mean, 'posterior mean'), captioned(images.x0, 'clean'));
  ui.root.append(div('row', shown, div('side', numbers)), shares);
};

export const lens = {
  state: {abar: .5, bbar: 12, pair: 0, seed: 1},
  payload: true,
  stories: {
    'one has all the weight': {bbar: 4}, 'a contest': {bbar: 12}, 'nobody knows': {bbar: 40},
    'which face?': {pair: 5, abar: 0, bbar: 25},
  },
  tip: 'Turn up the noise: more and more images may be the clean one, and their weighted mean, the posterior mean, '
    + 'gets blurred. Turn it down: one of them gets all the weight, and the mean is sharp.',
  draw(ui) {
    const images = {
      x: imageCanvas('the state', 200), mean: imageCanvas('the posterior mean', 200),
      x0: imageCanvas('the clean image', 200),
    };
    const shares = h('div', {class: 'frames', 'aria-label': 'images by posterior weight'});
    layOutLens(ui, images, shares);
    return () => {
      const {x0, xIn, image} = ui.pair();
      const [abar, bbar] = [ui.get('abar'), ui.get('bbar')];
      const x = ui.forward([abar, bbar]);
      const estimate = ui.predictor(null).predict(x, xIn, abar, bbar);
      const {weights} = estimate;
      const ranked = [...weights.keys()].sort((i, j) => weights[j] - weights[i]).slice(0, SHOWN);
      drawImage(images.x, x);
      drawImage(images.mean, estimate.x0);
      drawImage(images.x0, x0);
      syncChildren(shares, ranked, () => weighted(ui)).forEach((element, place) =>
        element.show(ranked[place], weights[ranked[place]]));
      const effective = Math.exp(entropy(weights)).toFixed(2);
      const truth = weights[image].toFixed(4);
      ui.show({rho: twoDigits(bbar/(1 - abar)), effective, truth, psnr: formatPsnr(psnr(estimate.x0, x0))});
    };
  },
};
