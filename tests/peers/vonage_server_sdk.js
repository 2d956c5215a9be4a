// Existing code with Vonage's own SDK for Node (npm @vonage/server-sdk 3). For HTTPS it trusts NODE_EXTRA_CA_CERTS.
// Reads one JSON object: url, the arguments of Vonage, and calls, each a name with arguments. Prints one JSON list:
// [result, null] for a call that went well, or [null, [the exception's class, its text, what it says of the answer]].
const { readFileSync } = require('fs');
const { Vonage } = require('@vonage/server-sdk');
const { AlgorithmTypes } = require('@vonage/auth');

const { url, calls, ...credentials } = JSON.parse(readFileSync(0, 'utf8'));
const vonage = new Vonage(credentials, { restHost: url, apiHost: url });
const ALGORITHMS = {
  md5hash: AlgorithmTypes.md5hash,
  md5: AlgorithmTypes.md5hmac,
  sha1: AlgorithmTypes.sha1hmac,
  sha256: AlgorithmTypes.sha256hmac,
  sha512: AlgorithmTypes.sha512hmac,
};

function check({ came, secret, method, change }) {
  const form = came.type.includes('form') ? came.body : came.query;
  const fields = came.type.includes('json') ? JSON.parse(came.body) : Object.fromEntries(new URLSearchParams(form));
  if (change) fields[change] = (fields[change] ?? '') + 'x';
  return vonage.sms.verifySignature(fields.sig, fields, secret, ALGORITHMS[method]);
}

const DEEDS = {
  send: (sms) => vonage.sms.send(sms),
  balance: () => vonage.accounts.getBalance(),
  settings: (settings) => vonage.accounts.updateAccountCallbacks(settings),
  'country prices': ({ country }) => vonage.pricing.listCountryPricing('sms', country),
  check,
};

(async () => {
  const answers = [];
  for (const [name, given] of calls) {
    try {
      answers.push([await DEEDS[name](given), null]);
    } catch (error) {
      const failed = error.getFailedMessages?.() ?? error.response?.status ?? null;
      answers.push([null, [error.constructor.name, error.message, failed]]);
    }
  }
  console.log(JSON.stringify(answers));
})();
