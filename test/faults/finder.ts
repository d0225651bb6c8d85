// Prints the pods of a StatefulSet, as a targetsCommand; one in four times it fails, or prints what is none.
const [, , sts = ''] = process.argv;
const luck = Math.random();
if (luck < 0.1) process.exit(1);
if (luck < 0.2) process.stdout.write('no such\u0007 StatefulSet');
else if (luck >= 0.25)
  for (let number = 0; number < 3; number += 1) process.stdout.write(`${sts}-${String(number)}\n`);
