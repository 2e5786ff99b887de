/** The part of a drawing that is seen, in the drawing's own units. */

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface View extends Size {
  readonly left: number;
  readonly top: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export function whole({ width, height }: Size): View {
  return { left: 0, top: 0, width, height };
}

/** At its own size from the top, around the first node. */
export function beginning(window: Size, drawing: Size, first: Point | undefined): View {
  const centre = first?.x ?? drawing.width / 2;
  return { left: centre - window.width / 2, top: 0, ...window };
}

/** @param factor of what is seen: below 1 draws larger @param at stays where it is; the middle by default */
export function zoomed(view: View, factor: number, at: Point = middle(view)): View {
  return {
    left: at.x + (view.left - at.x) * factor,
    top: at.y + (view.top - at.y) * factor,
    width: view.width * factor,
    height: view.height * factor,
  };
}

export function moved(view: View, x: number, y: number): View {
  return { ...view, left: view.left + x, top: view.top + y };
}

/** As large as before, with a point in its middle. */
export function centred(view: View, { x, y }: Point): View {
  return { ...view, left: x - view.width / 2, top: y - view.height / 2 };
}

function middle({ left, top, width, height }: View): Point {
  return { x: left + width / 2, y: top + height / 2 };
}
