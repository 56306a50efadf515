import { NAT_DEFINITIONS, type NatType } from '@ringdown/simulator';
import { describe, expect, it } from 'vitest';
import { sideOf } from './device.ts';
import { KINDS, type Kind } from './kinds.ts';
import { type Box, type Prediction, predict } from './theory.ts';

const boxOf = (name: string, definition: Kind['definition'], more: Partial<Box> = {}): Box => ({
  name,
  ...definition,
  ...more,
});

const behind = (left: Kind['definition'], right: Kind['definition']): Prediction =>
  predict(sideOf({ boxes: [boxOf('left', left)] }), sideOf({ boxes: [boxOf('right', right)] }));

const named = (left: NatType, right: NatType): Prediction =>
  behind(NAT_DEFINITIONS[left], NAT_DEFINITIONS[right]);

const kind = (name: string): Kind['definition'] => KINDS.find((one) => one.name === name)!.definition;

const typesOf = ({ pairs }: Prediction): string[] => pairs.map(({ first, second }) => `${first} ${second}`);

describe('what NATs allow, from their definitions', () => {
  it('is what everybody knows of the four kinds of RFC 3489', () => {
    const kinds: readonly NatType[] = ['full-cone', 'address-restricted', 'port-restricted', 'symmetric'];
    const failing = kinds.flatMap((left) =>
      kinds.filter((right) => !named(left, right).direct).map((right) => `${left}, ${right}`),
    );
    expect(failing).toEqual([
      'port-restricted, symmetric',
      'symmetric, port-restricted',
      'symmetric, symmetric',
    ]);
  });

  it('is the same from both sides', () => {
    for (const left of KINDS) {
      for (const right of KINDS) {
        const mirrored = behind(right.definition, left.definition).pairs.map(
          ({ first, second }) => `${second} ${first}`,
        );
        expect(typesOf(behind(left.definition, right.definition)).sort()).toEqual(mirrored.sort());
      }
    }
  });

  it('is always something: a relay is a NAT that everybody gets through', () => {
    for (const left of KINDS) {
      for (const right of KINDS)
        expect(typesOf(behind(left.definition, right.definition))).toContain('relay relay');
    }
  });

  it('says by which port a symmetric NAT is met', () => {
    expect(typesOf(named('address-restricted', 'symmetric'))[0]).toBe('srflx prflx');
    expect(typesOf(named('open', 'symmetric'))[0]).toBe('host prflx');
    expect(typesOf(named('port-restricted', 'port-restricted'))[0]).toBe('srflx srflx');
  });

  it('knows that two mappings by address meet where one of them lets strangers in and the other its address', () => {
    expect(behind(kind('AD/EI'), kind('AD/AD')).direct).toBe(true);
    expect(behind(kind('AD/EI'), kind('AD/APD')).direct).toBe(false);
    // Each has sent to the other's address, but from a mapping that was told to nobody.
    expect(behind(kind('AD/AD'), kind('AD/AD')).direct).toBe(false);
  });

  it('knows that two symmetric mappings never meet, however much they let in', () => {
    expect(behind(kind('APD/EI'), kind('APD/EI')).direct).toBe(false);
    expect(behind(kind('APD/EI'), kind('AD/EI')).direct).toBe(true);
  });

  it('finds the way over the LAN, and over the NAT only where it hairpins', () => {
    const meeting = (hairpinning: boolean): string[] => {
      const home = { boxes: [boxOf('home', kind('EI/EI'), { hairpinning })] };
      return typesOf(predict(sideOf(home), sideOf(home))).filter((pair) => !pair.includes('relay'));
    };
    expect(meeting(false)).toEqual(['host host']);
    expect(meeting(true)).toContain('srflx srflx');
    expect(meeting(true)[0]).toBe('host host');
  });

  it('finds no way between two homes of one carrier that does not hairpin', () => {
    const home = (name: string, hairpinning: boolean) =>
      sideOf({ boxes: [boxOf(name, kind('EI/APD')), boxOf('carrier', kind('EI/EI'), { hairpinning })] });
    expect(predict(home('one', false), home('another', false)).direct).toBe(false);
    expect(predict(home('one', true), home('another', true)).direct).toBe(true);
  });

  it('knows that one symmetric NAT on the way is enough', () => {
    const behindCarrier = (name: string, definition: Kind['definition']) =>
      sideOf({ boxes: [boxOf(name, kind('EI/APD')), boxOf(`carrier of ${name}`, definition)] });
    const cone = behindCarrier('one', kind('EI/APD'));
    expect(predict(cone, behindCarrier('another', kind('EI/APD'))).direct).toBe(true);
    expect(predict(cone, behindCarrier('another', kind('APD/APD'))).direct).toBe(false);
  });
});
