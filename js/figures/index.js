// The registry of figures, by kind; a figure is {state, draw, payload}: its initial state, a function that lays it out
// with a UI and returns how to draw it again, and whether it shows the images of figures.json.
export {plane} from './plane.js';
export {scheduleExplorer as explorer} from './schedule_explorer.js';
export {filmStrip as film} from './film_strip.js';
export {pathPad as pathpad} from './path_pad.js';
export {lens} from './lens.js';
export {etaDial as eta} from './eta_dial.js';
export {metro} from './metro.js';
export {removalOrder as order} from './removal_order.js';
export {timeTravel as travel} from './time_travel.js';
