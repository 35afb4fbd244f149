import type * as z from 'zod/mini';
import type { JobContract } from '../../core/define.ts';

/**
 * The types behind the builder: does what a node takes from others fit what its job wants. Pointers to a member of
 * the whole (`/summaries`) are typed; those that go deeper (`/columns/0/name`) are taken as they are, once their
 * first part is known.
 */

/** A part of the result of an earlier node; `''` is the whole. */
export interface FromNode<K extends string = string, P extends string = string> {
  node: K;
  pointer: P;
}
/** A part of the element that a map's job is for. */
export interface FromElement<P extends string = string> {
  element: P;
}
/** The place of that element in its list, from 0. */
export interface FromIndex {
  index: true;
}
export type From = FromNode | FromElement | FromIndex;

/** A node's key → the type of its result. */
export type Results = Record<string, unknown>;

/** Stands where a source should, and says why it cannot. */
export interface Wrong<Why extends string> {
  wrong: Why;
}
/** A source gives one type where another is wanted. */
export interface Mismatch<Gives, Wanted> {
  gives: Gives;
  wanted: Wanted;
}

// biome-ignore lint/suspicious/noExplicitAny: what is not followed fits everywhere
type Unchecked = any;
type IsAny<T> = 0 extends 1 & T ? true : false;
type IsWrong<T> = IsAny<T> extends true ? false : [T] extends [Wrong<string>] ? true : false;

type KeyOfAny<T> = T extends unknown ? keyof T : never;
/** Where T is a union, a member that only some have may be undefined. */
type Member<T, Name extends PropertyKey> = T extends unknown
  ? Name extends keyof T
    ? T[Name]
    : undefined
  : never;

/** What stands at a pointer. */
type At<T, P extends string> = P extends ''
  ? T
  : unknown extends T
    ? Unchecked
    : P extends `/${infer First}/${string}`
      ? IsWrong<Inside<T, First>> extends true
        ? Inside<T, First>
        : Unchecked
      : P extends `/${infer First}`
        ? Inside<T, First>
        : Wrong<`"${P}" is no JSON Pointer: it begins with a slash`>;

type Inside<T, Name extends string> = T extends readonly (infer Each)[]
  ? Name extends `${number}`
    ? Each
    : Wrong<`a list has no member "${Name}"`>
  : Name extends KeyOfAny<T>
    ? Member<T, Name>
    : Wrong<`it has no member "${Name}"`>;

/** What a source gives. @template Each what the elements of the map are; never: the node is none */
type Gives<N extends Results, Each, S> =
  S extends FromNode<infer K, infer P>
    ? K extends keyof N
      ? At<N[K], P>
      : Wrong<`there is no node "${K}" before this one`>
    : [Each] extends [never]
      ? Wrong<'element and index belong to a node with a map'>
      : S extends FromElement<infer P>
        ? At<Each, P>
        : number;

type Fits<Given, Wanted, S> =
  IsWrong<Given> extends true
    ? Given
    : IsWrong<Wanted> extends true
      ? Wanted
      : [Given] extends [Wanted]
        ? S
        : Mismatch<Given, Wanted>;

/** `from` of a node, each source replaced by what is wrong with it, if anything is. */
export type CheckedFrom<N extends Results, Each, Payload, F> = {
  [Place in keyof F]: Fits<Gives<N, Each, F[Place]>, At<Payload, Place & string>, F[Place]>;
};

/** What a map goes over: a list. */
export type CheckedOver<N extends Results, O> =
  IsWrong<Gives<N, never, O>> extends true
    ? Gives<N, never, O>
    : Gives<N, never, O> extends readonly unknown[]
      ? O
      : Mismatch<Gives<N, never, O>, readonly unknown[]>;

/** What its elements are; never where there is no map. */
export type ElementOf<N extends Results, O> = [O] extends [never]
  ? never
  : Gives<N, never, O> extends readonly (infer Each)[]
    ? Each
    : unknown;

type Whole<F> = keyof F extends infer Place
  ? Place extends `/${string}/${string}`
    ? never
    : Place extends `/${infer First}`
      ? First
      : never
  : never;
type Partly<F> = keyof F extends infer Place
  ? Place extends `/${infer First}/${string}`
    ? First
    : never
  : never;
/** The members that `from` gives whole. */
type Supplied<N extends Results, Each, F> = { [First in Whole<F>]: Gives<N, Each, F[`/${First}` & keyof F]> };

/** What the payload has to hold beside `from`. Of a union, those of its types that take what `from` gives. */
type Rest<Payload, S, Deep> = Payload extends unknown
  ? S extends { [Name in keyof S]: Name extends keyof Payload ? Payload[Name] : never }
    ? Omit<Payload, keyof S | (Deep & PropertyKey)> & { [Name in Deep & PropertyKey]?: unknown }
    : never
  : never;

/** `payload` of a node: may be left out where `from`, or the element of its map, gives all that it needs. */
export type PayloadPart<N extends Results, Each, Payload, F> = '' extends keyof F
  ? { payload?: undefined }
  : [keyof F] extends [never]
    ? [Each] extends [never]
      ? { payload: Payload }
      : [Each] extends [Payload]
        ? { payload?: Payload }
        : { payload: Payload }
    : Needed<Rest<Payload, Supplied<N, Each, F>, Partly<F>>>;

type Needed<R> = [R] extends [never]
  ? // biome-ignore lint/complexity/noBannedTypes: what is wrong is said of `from`
    {}
  : // biome-ignore lint/complexity/noBannedTypes: nothing at all is enough
    {} extends R
    ? { payload?: R }
    : { payload: R };

export type AnyContract = Pick<JobContract, 'type' | 'payload' | 'result'>;
export type PayloadOf<C extends AnyContract> = z.core.input<C['payload']>;
export type ResultOf<C extends AnyContract> = z.core.output<C['result']>;
