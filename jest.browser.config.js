// The page in a real browser: `npm run test:browser`. Kept apart because it needs Chromium.
import unit from './jest.config.js';

export default { ...unit, testMatch: ['**/browser/*.browser.js'], maxWorkers: 1, testTimeout: 120_000 };
