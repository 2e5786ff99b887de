/** Resize: region and scales became optional and one way to count pixels went with 13, another came with 19. */
import { refused } from '../../optimize/rule.js';
import type { Conversion, OpsetChange } from '../change.js';

/** Of coordinate_transformation_mode. */
function without(mode: string): Conversion {
  return (_editor, { attributes }) =>
    attributes.coordinate_transformation_mode?.value === mode
      ? refused(`there is no ${mode} in the other form`)
      : null;
}

export const resize: readonly OpsetChange[] = [
  {
    opTypes: ['Resize'],
    since: 13,
    up: without('tf_half_pixel_for_nn'),
    down: (_editor, { inputs: [, region = '', scales = ''] }) =>
      region === '' || scales === ''
        ? refused('its region or scales, which must be there, are left out')
        : null,
  },
  { opTypes: ['Resize'], since: 19, down: without('half_pixel_symmetric') },
];
