/** What is done to the models that a server has. */
import * as z from 'zod/mini';
import { ask } from './client.js';

const doneSchema = z.looseObject({});

/** Lets a version answer in place of the one that does, once it is loaded and checked. */
export async function loadVersion(model: string, version: string): Promise<void> {
  await ask(pathOf(model, 'load'), doneSchema, { body: { version } });
}

export async function rollBack(model: string): Promise<void> {
  await ask(pathOf(model, 'rollback'), doneSchema, { body: {} });
}

/** @param percent of the requests that name no version; 0 ends it */
export async function setCanary(model: string, version: string, percent: number): Promise<void> {
  await ask(pathOf(model, 'canary'), doneSchema, { body: { version, percent } });
}

function pathOf(model: string, operation: string): string {
  return `/v1/models/${encodeURIComponent(model)}/${operation}`;
}
