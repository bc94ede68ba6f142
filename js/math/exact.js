// The exact predictor: the best estimate of the clean image, where all clean images are known.
import {range, sum} from './arrays.js';
import {addMixture, addScaled, dot, innerProducts} from './vectors.js';

const LEAST = Math.log(1e-14); // of a weight that matters, the others are 0

// `count` weights from `at` on that belong to their logarithms, which are replaced; their sum is 1
const softmax = (logits, at, count) => {
  let top = -Infinity;
  let total = 0;
  for (let k = at; k < at + count; k++) top = Math.max(top, logits[k]);
  for (let k = at; k < at + count; k++) total += logits[k] = logits[k] - top > LEAST ? Math.exp(logits[k] - top) : 0;
  for (let k = at; k < at + count; k++) logits[k] /= total;
};

// Clean images scatter around the means with standard deviation std, the input around the clean image with tau. Several
// states may lie end to end, and their inputs; then their estimates and weights do so too.
export class ExactPredictor {
  constructor(means, count, {std = 0, tau = null, weights = null} = {}) {
    const size = means.length/count;
    const all = Float64Array.from(means);
    Object.assign(this, {count, size, std, tau});
    this.means = range(count, k => all.subarray(k*size, (k + 1)*size));
    const prior = weights || Array(count).fill(1);
    const total = sum(prior);
    this.logPrior = prior.map(w => Math.log(w/total));
    this.squaredNorms = this.means.map(mean => dot(mean, mean));
    this.inputShare = tau === null ? 0 : std**2/(std**2 + tau**2);
  }

  // squared distances of each state from the means times scale
  squaredDistances(x, scale) {
    const {means, squaredNorms, count, size} = this;
    const distances = new Float64Array(x.length/size*count);
    for (let at = 0, first = 0; at < x.length; at += size, first += count) {
      let own = 0;
      for (let i = at; i < at + size; i++) own += x[i]*x[i];
      innerProducts(distances, x, means, at, first);
      for (let k = 0; k < count; k++) {
        distances[first + k] = own - 2*scale*distances[first + k] + scale*scale*squaredNorms[k];
      }
    }
    return distances;
  }

  // log likelihoods of the inputs, kept for as long as these stay the same; null if they say nothing
  inputLogits(xIn, length) {
    if (this.tau === null) return null;
    if (this.lastInput !== xIn || this.lastLength !== length) {
      const variance = this.std**2 + this.tau**2;
      this.lastLogits = this.squaredDistances(xIn || new Float64Array(length), 1).map(d => -d/(2*variance));
      Object.assign(this, {lastInput: xIn, lastLength: length});
    }
    return this.lastLogits;
  }

  // of the distances from `at` on the smallest from a mean that is possible at all
  nearest(distances, at) {
    return Math.min(...this.logPrior.map((prior, k) => prior > -Infinity ? distances[at + k] : Infinity));
  }

  // the probability of each mean, given the state and the input
  posterior(x, xIn, abar, bbar) {
    const {count, logPrior} = this;
    const scale = (1 - abar)*(1 - this.inputShare);
    const rest = x.slice();
    if (xIn) addScaled(rest, xIn, -abar - (1 - abar)*this.inputShare);
    const logits = this.squaredDistances(rest, scale);
    const variance = (1 - abar)**2*this.std**2*(1 - this.inputShare) + bbar*bbar;
    const fromInput = this.inputLogits(xIn, x.length);
    for (let at = 0; at < logits.length; at += count) {
      const nearest = variance > 0 ? 0 : this.nearest(logits, at);
      for (let k = 0; k < count; k++) {
        const certain = scale === 0 || logits[at + k] <= nearest ? 0 : -Infinity;
        const fromState = variance > 0 ? -logits[at + k]/(2*variance) : certain;
        logits[at + k] = logPrior[k] + fromState + (fromInput ? fromInput[at + k] : 0);
      }
      softmax(logits, at, count);
    }
    return logits;
  }

  // the estimate {x0, res, eps} and the weights of the means; eps is null where there is no noise
  predict(x, xIn, abar, bbar) {
    const {means, count, size} = this;
    const weights = this.posterior(x, xIn, abar, bbar);
    const [x0, res] = [new Float64Array(x.length), new Float64Array(x.length)];
    for (let i = 0; i*size < x.length; i++) addMixture(x0, means, weights, i*size, i*count);
    const share = this.inputShare;
    const variance = this.std**2*(1 - share);
    const gain = (1 - abar)*variance/Math.max((1 - abar)**2*variance + bbar*bbar, 1e-300);
    const eps = bbar === 0 ? null : new Float64Array(x.length);
    for (let i = 0; i < x0.length; i++) {
      const input = xIn ? xIn[i] : 0;
      const mean = (1 - share)*x0[i] + share*input;
      x0[i] = mean + gain*(x[i] - abar*input - (1 - abar)*mean);
      res[i] = input - x0[i];
      if (eps) eps[i] = (x[i] - abar*input - (1 - abar)*x0[i])/bbar;
    }
    return {x0, res, eps, weights};
  }
}
