/** The public names of this package. Each module states its subject at its top. */

export { readBundle, verifyBundle } from "./src/bundle.js";
export { base64, base64url, hex, sha256, unbase64, unhex, utf8 } from "./src/bytes.js";
export { decodeRecord, digestOf, encodeRecord, newNonce, plainOf } from "./src/canonical.js";
export { checkpointText, openCheckpoint, parseCheckpoint } from "./src/checkpoint.js";
export { Client } from "./src/client.js";
export { CosignatureVerifier, cosignedAt, parseCosignerVkey } from "./src/cosignature.js";
export { parseEntry } from "./src/entry.js";
export { openEnvelope, seal } from "./src/envelope.js";
export * from "./src/errors.js";
export { meaningOf } from "./src/figures.js";
export { loadSpki, possessionMessage, recordMessage, SigningKey, VerifyingKey } from "./src/keys.js";
export { leafHash, nodeHash, treeRoot, verifyConsistency, verifyInclusion } from "./src/merkle.js";
export { noteSigner, NoteVerifier, parseNote, parseVkey, signNote, verifyNote } from "./src/note.js";
export { openCosigned, parsePolicy, Policy } from "./src/policy.js";
export { encodeProof, parseProof, verifyProof } from "./src/proof.js";
export { checkExtends, PublicLog, publishedHead } from "./src/published.js";
export { readAnswer, verifyReceipt } from "./src/receipt.js";
export { checkContinues, LogKeys, logKeys, openRotation } from "./src/rotation.js";
export { readStatement, verifyStatement } from "./src/statement.js";
export { consistencyPath, tilePath } from "./src/tiles.js";
