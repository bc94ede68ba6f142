// The exact predictor: the best estimate of the clean image, where all clean images are known.
import {range, sum} from './arrays.js';

// the inner product of a with b from `start` on; four running sums are faster than one
export const dot = (a, b, start = 0) => {
  const n = a.length;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    sum0 += a[i]*b[start + i];
    sum1 += a[i + 1]*b[start + i + 1];
    sum2 += a[i + 2]*b[start + i + 2];
    sum3 += a[i + 3]*b[start + i + 3];
  }
  for (; i < n; i++) sum0 += a[i]*b[start + i];
  return sum0 + sum1 + sum2 + sum3;
};

// scale times one of the images that lie end to end, added
export const addImage = (out, images, k, scale) => {
  const start = k*out.length;
  for (let i = 0; i < out.length; i++) out[i] += scale*images[start + i];
};

// the weights that belong to their logarithms, which are replaced; the sum is 1
const softmax = logits => {
  const top = Math.max(...logits);
  let total = 0;
  for (let k = 0; k < logits.length; k++) total += logits[k] = Math.exp(logits[k] - top);
  for (let k = 0; k < logits.length; k++) logits[k] /= total;
  return logits;
};

// Clean images scatter around the means with standard deviation std, the input around the clean image with tau
export class ExactPredictor {
  constructor(means, count, {std = 0, tau = null, weights = null} = {}) {
    Object.assign(this, {means: Float64Array.from(means), size: means.length/count, std, tau});
    const prior = weights || Array(count).fill(1);
    const total = sum(prior);
    this.logPrior = prior.map(w => Math.log(w/total));
    this.squaredNorms = range(count, k => {
      const mean = this.means.subarray(k*this.size, (k + 1)*this.size);
      return dot(mean, mean);
    });
    this.inputShare = tau === null ? 0 : std**2/(std**2 + tau**2);
  }

  // squared distances of x from the means times scale
  squaredDistances(x, scale) {
    const own = dot(x, x);
    return this.squaredNorms.map((norm, k) => own - 2*scale*dot(x, this.means, k*this.size) + scale*scale*norm);
  }

  // log likelihoods of the input, kept for as long as the input stays the same; null if it says nothing
  inputLogits(xIn) {
    if (this.tau === null) return null;
    if (this.lastInput !== xIn) {
      const variance = this.std**2 + this.tau**2;
      this.lastLogits = this.squaredDistances(xIn || new Float64Array(this.size), 1).map(d => -d/(2*variance));
      this.lastInput = xIn;
    }
    return this.lastLogits;
  }

  // the probability of each mean, given the state and the input
  posterior(x, xIn, abar, bbar) {
    const scale = (1 - abar)*(1 - this.inputShare);
    const rest = x.slice();
    if (xIn) addImage(rest, xIn, 0, -abar - (1 - abar)*this.inputShare);
    const logits = this.squaredDistances(rest, scale);
    const variance = (1 - abar)**2*this.std**2*(1 - this.inputShare) + bbar*bbar;
    const fromInput = this.inputLogits(xIn);
    const nearest = variance > 0 ? 0 : Math.min(...logits.filter((_, k) => this.logPrior[k] > -Infinity));
    for (let k = 0; k < logits.length; k++) {
      const certain = scale === 0 || logits[k] <= nearest ? 0 : -Infinity;
      const fromState = variance > 0 ? -logits[k]/(2*variance) : certain;
      logits[k] = this.logPrior[k] + fromState + (fromInput ? fromInput[k] : 0);
    }
    return softmax(logits);
  }

  // the estimate {x0, res, eps} and the weights of the means; eps is null where there is no noise
  predict(x, xIn, abar, bbar) {
    const weights = this.posterior(x, xIn, abar, bbar);
    const [x0, res] = [new Float64Array(this.size), new Float64Array(this.size)];
    weights.forEach((weight, k) => weight > 1e-14 && addImage(x0, this.means, k, weight));
    const share = this.inputShare;
    const variance = this.std**2*(1 - share);
    const gain = (1 - abar)*variance/Math.max((1 - abar)**2*variance + bbar*bbar, 1e-300);
    const eps = bbar === 0 ? null : new Float64Array(this.size);
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
