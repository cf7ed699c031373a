// What is refused, at which step, and why. The steps have the names that engines/passes gives them.
export class Refusal extends Error {
  constructor(step, reason) {
    super(reason);
    this.step = step;
  }
}

export const refuse = (step, reason) => { throw new Refusal(step, reason); };
