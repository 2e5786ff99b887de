/** What is done to the models that a server has. */
import * as z from 'zod/mini';
import { ask } from './client.js';

const doneSchema = z.looseObject({});

/** Lets a version answer in place of the one that does, once it is loaded and checked. */
export async function loadVersion(model: string, version: string): Promise<void> {
  await operate(model, 'load', { version });
}

export async function rollBack(model: string): Promise<void> {
  await operate(model, 'rollback', {});
}

/** @param percent of the requests that name no version; 0 ends it */
export async function setCanary(model: string, version: string, percent: number): Promise<void> {
  await operate(model, 'canary', { version, percent });
}

/** A version is loaded and checked before the answer comes, which may take minutes. */
async function operate(model: string, operation: string, body: object): Promise<void> {
  await ask(`/v1/models/${encodeURIComponent(model)}/${operation}`, doneSchema, { body, patienceMs: null });
}
