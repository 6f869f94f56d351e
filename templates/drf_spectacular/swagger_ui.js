{% load i18n %}"use strict";
{% translate "Operations" as operations %}{% translate "Loading…" as loading %}// Our layout of Swagger UI's parts: one main landmark, headings in order, and descriptions as text instead of sanitised
// markup, so that Trusted Types stay on.
const console_layout = ({ React }) => {
  const h = React.createElement;
  const Layout = ({ getComponent, specSelectors }) => {
    if (!specSelectors.specStr()) return h("p", null, "{{ loading|escapejs }}");
    const [Errors, Info, Authorize, Operations] = ["errors", "InfoContainer", "AuthorizeBtnContainer", "operations"].map((name) => getComponent(name, true));
    const Svg = getComponent("SvgAssets");
    return h("div", { className: "swagger-ui" }, h(Svg), h(Errors), h(Info), h("div", { className: "scheme-container" }, h(Authorize)), h("h2", { className: "visually-hidden" }, "{{ operations|escapejs }}"), h(Operations));
  };
  const Markdown = ({ source, className }) =>
    h("div", { className: `${className || ""} renderedMarkdown` }, String(source || "").split(/\n\s*\n/).filter(Boolean).map((text, index) => h("p", { key: index }, text)));
  return { components: { ConsoleLayout: Layout }, wrapComponents: { Markdown: () => Markdown, CopyToClipboardBtn: () => () => null } };
};

const ui = SwaggerUIBundle({
  ...{{ settings|safe }},
  url: "{{ schema_url|escapejs }}",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [console_layout],
  layout: "ConsoleLayout",
  deepLinking: false,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  syntaxHighlight: { activated: false },
});
