/** What anywidget, or the page's host, hands to a module: the traits of the Python class. */
export interface Model {
  get(name: string): any;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(events: string, callback: () => void): void;
  off(events: string, callback: () => void): void;
}

export type Size = [height: number, width: number];
export type Shape = [channels: number, height: number, width: number];
export type Numbers = ArrayLike<number>;
export type Floats = Float32Array | Float64Array;
