// The style sheet of the photograph's figure.
import {COLORS} from '../ui/style.js';

export const PHOTO_CSS = `
  .fig { border: 1px solid #8886; border-radius: 8px; padding: .8rem; }
  .fig.over { outline: 3px dashed ${COLORS.eps}; }
  .views { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); gap: .8rem; }
  .views figure { min-width: 0; }
  .views canvas { background: #7f7f7f; }
  .views canvas, .compare canvas { width: 100%; height: auto; image-rendering: auto; }
  .choice { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 0 0 .5rem; }
  .choice button { padding: 2px; line-height: 0; }
  .choice button[aria-pressed=true], .choice label:focus-within { outline: 3px solid ${COLORS.eps}; }
  .choice img { width: 84px; height: 63px; object-fit: cover; border-radius: 3px; }
  .choice label {
    border: 1px dashed currentColor; border-radius: 5px; padding: 0 .7rem; min-height: 67px; cursor: pointer;
  }
  .choice input[type=file] { position: absolute; width: 1px; height: 1px; opacity: 0; }
  .go { font-weight: 600; border-width: 2px; padding: .3rem 1rem; min-height: 2.4rem; }
  .row.act { align-items: center; margin: .4rem 0; }
  progress { width: 100%; accent-color: ${COLORS.eps}; }
  details { margin: .3rem 0; }
  summary { cursor: pointer; }
  .compare { max-width: 34rem; margin: .6rem 0; }
  .compare input { width: 100%; }
  .split { position: relative; }
  .split i { position: absolute; top: 0; bottom: 0; width: 2px; margin-left: -1px; background: #fff; }
  .strip canvas { width: 100%; height: auto; cursor: pointer; image-rendering: auto; }
  .strip button { padding: 0; line-height: 0; border-width: 2px; }
  .strip button[aria-pressed=true] { border-color: ${COLORS.eps}; }
  [hidden] { display: none !important; }
`;
