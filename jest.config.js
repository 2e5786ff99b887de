// Jest runs the compiled tests, so worker threads and import.meta.url behave as they do in production.
export default {
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  testEnvironment: '<rootDir>/test/environment.cjs',
  setupFiles: ['<rootDir>/dist/test/property-seed.js'],
  transform: {},
  maxWorkers: 2,
  testTimeout: 30_000,
};
