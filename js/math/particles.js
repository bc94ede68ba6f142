// Generation in two dimensions: particles that walk to eight places on a ring, the data.
import {last, range, sum} from './arrays.js';
import {ExactPredictor} from './exact.js';
import {distance} from './paths.js';
import {normals} from './random.js';
import {sampleSteps} from './sampling.js';

const COUNT = 64;
export const RING = range(8, k => [Math.cos(k*Math.PI/4), Math.sin(k*Math.PI/4)]);
const MODEL = new ExactPredictor(RING.flat(), RING.length, {std: .05});

// the states of all particles, x and y of one after the other, at each point of a path; their mean distance from the
// data at the end, and how many places they reach
export const particles = (path, seed, solver) => {
  const eps = normals(seed)(2*COUNT);
  const [abar, bbar] = path[0];
  const start = eps.map((e, i) => (1 - abar)*RING[(i >> 1) % RING.length][i % 2] + bbar*e);
  const states = sampleSteps(MODEL, start, null, path, {solver}).map(({x}) => x);
  const end = last(states);
  const offsets = range(COUNT, i => RING.map(mode => distance(mode, [end[2*i], end[2*i + 1]])));
  const reached = new Set(offsets.map(own => own.findIndex(offset => offset < .1)));
  reached.delete(-1);
  return {states, distance: sum(offsets.map(own => Math.min(...own)))/COUNT, modes: reached.size};
};
