import type { WorkflowWithNodes } from '../../core/workflow/api.ts';
import { printable } from '../render.ts';
import { type Box, boxesOf } from './boxes.ts';
import { changesOf, frameOf } from './describe.ts';

/** Shows a workflow while it is watched. */
export interface Screen {
  show(workflow: WorkflowWithNodes, nowMs: number): void;
  stop(): void;
}

const hideCursorAndWrap = '\x1b[?25l\x1b[?7l';
const showCursorAndWrap = '\x1b[?25h\x1b[?7h';
/** Beside the nodes: the head, what is left out, and the line of the shell. */
const otherRows = 3;
const defaultRows = 24;

/** A graph that is redrawn on a terminal, elsewhere a line for each change. */
export function openScreen(stream: NodeJS.WriteStream): Screen {
  return stream.isTTY ? openDrawn(stream) : openLines(stream);
}

function openDrawn(stream: NodeJS.WriteStream): Screen {
  let drawn = 0;
  stream.write(hideCursorAndWrap);
  return {
    show(workflow, nowMs) {
      const frame = printable(frameOf(workflow, nowMs, (stream.rows ?? defaultRows) - otherRows));
      stream.write(`${drawn === 0 ? '' : `\x1b[${drawn}A\x1b[0J`}${frame}\n`);
      drawn = frame.split('\n').length;
    },
    stop: () => void stream.write(showCursorAndWrap),
  };
}

function openLines(stream: NodeJS.WritableStream): Screen {
  let before: Box[] = [];
  return {
    show(workflow, nowMs) {
      const boxes = boxesOf(workflow);
      for (const line of changesOf(before, boxes, nowMs)) stream.write(`${printable(line)}\n`);
      before = boxes;
    },
    stop: () => {},
  };
}
