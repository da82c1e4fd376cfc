// The page to read and try the API: it shows /api/openapi.json, and sends what is filled in.
// Everything from outside becomes text nodes, never markup.

const DEEPEST = 6; // levels of a schema that are shown: the deepest of ours has four

const page = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== ""));
  return element;
}

// ---- schemas

function resolve(schema, told) {
  return schema?.$ref ? told.components.schemas[schema.$ref.split("/").pop()] : schema;
}

function typeName(schema, told) {
  if (!schema) return "anything";
  if (schema.$ref) {
    const named = resolve(schema, told);
    return named.enum ? typeName(named, told) : schema.$ref.split("/").pop();
  }
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((one) => typeName(one, told)).join(" | ");
  if (schema.type === "array") return `list of ${typeName(schema.items, told)}`;
  return [schema.type ?? "anything", schema.format].filter(Boolean).join(", ");
}

function limits(schema) {
  const { minimum, maximum, maxLength, default: usual } = schema;
  const said = [
    minimum !== undefined && `from ${minimum}`,
    Number.isSafeInteger(maximum) && `to ${maximum}`,
    maxLength !== undefined && `up to ${maxLength} characters`,
    usual !== undefined && usual !== "" && `by default ${usual}`,
  ];
  return said.filter(Boolean).join(", ");
}

/** The models inside a schema: itself, what its lists hold, its choices. */
function models(schema, told) {
  if (!schema) return [];
  if (schema.anyOf ?? schema.oneOf) return (schema.anyOf ?? schema.oneOf).flatMap((one) => models(one, told));
  if (schema.type === "array") return models(schema.items, told);
  const found = resolve(schema, told);
  if (found !== schema) return found.properties || found.enum ? [found] : models(found, told);
  return found.properties ? [found] : [];
}

function fields(schema, told, depth = 0) {
  const found = models(schema, told);
  if (found.length > 1) return eachOf(found, told, depth);
  const list = make("ul", { class: "schema" });
  for (const [name, of] of Object.entries(found[0]?.properties ?? {})) {
    const more = [limits(of), of.description].filter(Boolean).join(". ");
    const line = make("li", {}, make("code", {}, name), ` ${typeName(of, told)}`,
      make("span", { class: "quiet" }, more && `: ${more}`));
    if (depth < DEEPEST) line.append(fields(of, told, depth + 1));
    list.append(line);
  }
  return list.childElementCount ? list : "";
}

/** One of several models: each is opened by itself, for the largest would hide the others. */
function eachOf(found, told, depth) {
  const list = make("ul", { class: "schema" });
  for (const model of found) {
    const one = make("details", {}, make("summary", {}, make("code", {}, model.title),
      make("span", { class: "quiet" }, `: ${model.description}`)));
    one.addEventListener("toggle", () => {
      if (one.childElementCount === 1) one.append(fields(model, told, depth + 1));
    });
    list.append(make("li", {}, one));
  }
  return list;
}

// ---- one operation

function choice(parameter) {
  const { schema } = parameter;
  const id = `${parameter.operation}-${parameter.in}-${parameter.name}`;
  if (!schema.enum) {
    return make("input", { id, name: parameter.name, "data-in": parameter.in, autocomplete: "off",
      placeholder: schema.examples?.[0] ?? schema.default, required: parameter.required });
  }
  const options = [...(parameter.required ? [] : [""]), ...schema.enum];
  return make("select", { id, name: parameter.name, "data-in": parameter.in },
    ...options.map((value) => make("option", { value }, value)));
}

function field(parameter, told) {
  const control = choice(parameter);
  const about = [parameter.schema.enum ? "" : typeName(parameter.schema, told), limits(parameter.schema),
    parameter.description].filter(Boolean).join(". ");
  return make("div", { class: "field" },
    make("label", { for: control.id, class: parameter.required ? "needed" : "" }, parameter.name),
    control, make("span", { class: "quiet" }, about));
}

function requestOf(form, method, path) {
  const headers = {};
  const query = new URLSearchParams();
  let url = path;
  for (const control of form.querySelectorAll("[data-in]")) {
    if (control.dataset.in === "path") url = url.replace(`{${control.name}}`, encodeURIComponent(control.value));
    else if (control.value === "") continue;
    else if (control.dataset.in === "query") query.set(control.name, control.value);
    else headers[control.name] = control.value;
  }
  const body = form.querySelector("textarea")?.value || undefined;
  if (body) headers["Content-Type"] = "application/json";
  if (page("token").value) headers.Authorization = `Bearer ${page("token").value}`;
  const asked = query.size ? `${url}?${query}` : url;
  return [asked, { method, headers, body, redirect: "error" }];
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // no JSON, or not all of it yet
  }
}

async function send(form, output, [url, request]) {
  const stop = make("button", { type: "button" }, "Stop");
  const cut = new AbortController();
  const shown = make("pre", { tabindex: "0" });
  const status = make("p", {}, `${request.method} ${url}`);
  output.replaceChildren(status, stop, shown);
  stop.addEventListener("click", () => cut.abort());
  const began = performance.now();
  try {
    const response = await fetch(url, { ...request, signal: cut.signal });
    const took = Math.round(performance.now() - began);
    status.append(make("strong", { class: response.ok ? "" : "bad" },
      ` ${response.status} ${response.statusText}`), ` in ${took} ms`);
    let text = "";
    const decoder = new TextDecoder();
    for (let reader = response.body.getReader(), part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
      shown.textContent = text; // a stream of events is shown as it comes
    }
    shown.textContent = pretty(text);
  } catch (error) {
    status.append(make("strong", { class: "bad" }, ` ${error.name}: ${error.message}`));
  }
  stop.remove();
}

function tryIt(method, path, operation, told) {
  const content = operation.requestBody?.content["application/json"];
  const parameters = operation.parameters ?? [];
  const form = make("form", {},
    ...parameters.map((one) => field({ ...one, operation: operation.operationId }, told)));
  if (content) {
    const body = make("textarea", { "aria-label": "Body", spellcheck: "false" });
    body.value = content.example ? JSON.stringify(content.example, null, 2) : "{}";
    form.append(make("h3", {}, "Body"), body, fields(content.schema, told));
  }
  if (operation.responses["101"]) return form; // a WebSocket is nothing that a form can send
  const output = make("div", { role: "status" });
  form.append(make("button", {}, "Send"), output);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, output, requestOf(form, method.toUpperCase(), path));
  });
  return form;
}

function answers(operation, told) {
  return Object.entries(operation.responses).map(([status, response]) => {
    const schema = Object.values(response.content ?? {})[0]?.schema;
    const fine = Number(status) < 400; // what a problem looks like is said once, above
    return make("li", {}, make("strong", {}, status), ` ${response.description}`,
      fine && schema ? ` ${typeName(schema, told)}` : "", fine && schema ? fields(schema, told) : "");
  });
}

function shown(method, path, operation, told) {
  const role = operation["x-least-role"] ?? "open to all";
  const inside = make("div");
  const whole = make("details", { id: operation.operationId, class: method === "get" ? "" : "acts" },
    make("summary", {}, make("span", { class: "method" }, method.toUpperCase()),
      make("span", { class: "path" }, path), make("span", {}, operation.summary),
      make("span", { class: "quiet" }, role)), inside);
  whole.addEventListener("toggle", () => {
    if (inside.childElementCount) return;
    inside.append(tryIt(method, path, operation, told), make("h3", {}, "Answers"),
      make("ul", {}, ...answers(operation, told)));
  });
  return whole;
}

// ---- the page

async function start() {
  const told = await (await fetch("/api/openapi.json")).json();
  page("version").textContent = told.info.version;
  page("description").textContent = told.info.description.replaceAll("`", "");
  const groups = new Map();
  for (const [path, methods] of Object.entries(told.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0];
      if (!groups.has(tag)) groups.set(tag, make("section", {}, make("h2", {}, tag)));
      groups.get(tag).append(shown(method, path, operation, told));
    }
  }
  page("operations").replaceChildren(...groups.values());
  document.getElementById(location.hash.slice(1))?.setAttribute("open", "");
}

page("who").addEventListener("submit", (event) => event.preventDefault());
start().catch((error) => page("operations").replaceChildren(
  make("p", { class: "bad" }, `The document could not be loaded: ${error.message}. Load the page again.`)));
