/** What a version of the standard domain changed about operators, and how a node is written on the other side of it. */
import type { Node } from '../../core/graph/ir.js';
import type { GraphEditor } from '../optimize/editor.js';
import type { Match } from '../optimize/rule.js';

export interface OpsetChange {
  readonly opTypes: readonly string[];
  /** The version that brought it. */
  readonly since: number;
  /** From the form before it to the new one, and back; the older form is valid as it is where there is none. */
  readonly up?: Conversion;
  readonly down?: Conversion;
}

/** null: the node is the same on both sides. A refusal says why it cannot be written on the other side. */
export type Conversion = (editor: GraphEditor, node: Node, setting: ConversionSetting) => Match;

export interface ConversionSetting {
  /** Whether com.microsoft operators may be used. */
  readonly contrib: boolean;
}
