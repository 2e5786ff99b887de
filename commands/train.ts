/** `retort train`: networks from labelled texts. */
import type { Command } from 'commander';
import { registerLinear } from './train/linear.js';
import { registerStudent } from './train/student.js';
import { registerTeacher } from './train/teacher.js';

export function register(program: Command): void {
  const train = program.command('train').description('train a network on labelled texts');
  registerStudent(train);
  registerTeacher(train);
  registerLinear(train);
}
