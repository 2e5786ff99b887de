import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OpenRequests } from '../../../serving/scheduler/open-requests.js';

test('holds what a Set holds, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (turns) => {
      const requests = Array.from({ length: 21 }, (_, name) => ({ name, place: 0 }));
      const open = new OpenRequests<(typeof requests)[number]>();
      const expected = new Set<(typeof requests)[number]>();
      for (const turn of turns) {
        const request = requests[turn]!;
        if (expected.delete(request)) open.delete(request);
        else {
          expected.add(request);
          open.add(request);
        }
        expect(open.size).toBe(expected.size);
        expect(new Set(open)).toEqual(expected);
      }
    }),
  );
});
