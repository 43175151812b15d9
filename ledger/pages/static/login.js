/**
 * The login of a browser: by a code that came with the page, or by the client and secret of a link in the fragment. The
 * fragment leaves the address at once. The session begins after the person has seen whose it is.
 */
const login = document.getElementById("login");

/** @param {string} state the section that is shown */
function show(state) {
  for (const section of login.querySelectorAll("[data-state]")) section.hidden = section.dataset.state !== state;
}

/** @param {string} why */
function refuse(why) {
  document.getElementById("why").textContent = why;
  show("refused");
}

/** Posts the form; null after a refusal, which is shown. */
async function post(path, form) {
  const headers = {"Content-Type": "application/x-www-form-urlencoded"};
  try {
    const answer = await fetch(path, {method: "POST", headers, body: form, redirect: "error"});
    if (answer.ok) return await answer.json();
    const problem = await answer.json();
    refuse(problem.error_description ?? problem.detail ?? String(answer.status));
  } catch (error) {
    refuse(String(error));
  }
  return null;
}

async function begin() {
  const form = location.hash.slice(1) || login.dataset.form;
  if (!form) return;
  history.replaceState(null, "", location.pathname);
  if (!window.isSecureContext) {
    show("insecure");
    return;
  }
  const opener = await post("/auth/session/opener", form);
  if (opener === null) return;
  const names = opener.names;
  const name = names[document.documentElement.lang.slice(0, 2)] ?? Object.values(names)[0] ?? "";
  document.getElementById("name").textContent = name || opener.organization;
  document.getElementById("organization").textContent = name && opener.organization;
  login.querySelector("[data-link]").hidden = !opener.link;
  document.getElementById("enter").onclick = async (event) => {
    event.target.disabled = true;
    if (await post("/auth/session", form) !== null) location.replace(login.dataset.start);
  };
  show("asked");
  document.getElementById("enter").focus();
}

addEventListener("hashchange", begin);
await begin();
