// The space that some images span: distances and mixtures of their coordinates are those of the images, so that a run
// takes a few numbers a step instead of thousands.
import {addMixture, addScaled, dot} from './vectors.js';

const SMALL = 1e-9; // a length that is none
const SEEN = 1e-4; // the least share of an image that changes a pixel's grey level

export class Span {
  // the basis is orthonormal, made of the images; rows are their coordinates
  constructor(images = [], basis = [], rows = []) {
    Object.assign(this, {images, basis, rows});
  }

  // with one more image, or as it is where that adds nothing (Gram-Schmidt, twice to be exact)
  with(image) {
    const rest = image.slice();
    for (const b of [...this.basis, ...this.basis]) addScaled(rest, b, -dot(b, rest));
    const norm = Math.sqrt(dot(rest, rest));
    if (norm < SMALL) return this;
    const basis = [...this.basis, rest.map(v => v/norm)];
    return new Span([...this.images, image], basis, [...this.rows, basis.map(b => dot(b, image))]);
  }

  coordinates(image) {
    return Float64Array.from(this.basis, b => dot(b, image));
  }

  // the mixture of the images that has these coordinates
  image(coordinates) {
    const shares = coordinates.slice();
    for (let k = shares.length - 1; k >= 0; k--) {
      shares[k] /= this.rows[k][k];
      for (let i = 0; i < k; i++) shares[i] -= shares[k]*this.rows[k][i];
      if (Math.abs(shares[k]) < SEEN) shares[k] = 0;
    }
    const out = new Float64Array(this.images[0].length);
    addMixture(out, this.images, shares);
    return out;
  }
}
