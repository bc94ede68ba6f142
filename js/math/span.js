// The space that some images span: distances and mixtures of their coordinates are those of the images, so that a run
// takes a few numbers a step instead of thousands.
import {addImage, dot} from './exact.js';

const SMALL = 1e-9;

export class Span {
  // the basis is orthonormal, made of the images; rows are their coordinates
  constructor(images = [], basis = [], rows = []) {
    Object.assign(this, {images, basis, rows});
  }

  // with one more image, or as it is where that adds nothing (Gram-Schmidt, twice to be exact)
  with(image) {
    const rest = image.slice();
    for (const b of [...this.basis, ...this.basis]) addImage(rest, b, 0, -dot(b, rest));
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
    const [left, out] = [coordinates.slice(), new Float64Array(this.images[0].length)];
    for (let k = left.length - 1; k >= 0; k--) {
      const share = left[k]/this.rows[k][k];
      this.rows[k].forEach((v, i) => {
        left[i] -= share*v;
      });
      if (Math.abs(share) > SMALL) addImage(out, this.images[k], 0, share);
    }
    return out;
  }
}
