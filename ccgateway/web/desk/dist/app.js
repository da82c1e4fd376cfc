// node_modules/preact/dist/preact.mjs
var n;
var t;
var r;
var u;
var i;
var f;
var o;
var e;
var l;
var c;
var a;
var s;
var h = /* @__PURE__ */ Symbol.for("pv");
var p = {};
var y = [];
var v = /^m(i|n|o|s|text|space)$/;
var w = Array.isArray;
var d = y.slice;
var _ = Object.assign;
function g(n3) {
  n3 && n3.parentNode && n3.remove();
}
function k(n3, t4, r4) {
  var u4, i4, f5, o5 = {}, e4 = arguments.length;
  for (f5 in t4) "key" == f5 ? u4 = t4[f5] : "ref" == f5 && "function" != typeof n3 ? i4 = t4[f5] : o5[f5] = t4[f5];
  return e4 > 2 && (o5.children = e4 > 3 ? d.call(arguments, 2) : r4), m(n3, o5, u4, i4, null);
}
function m(r4, u4, i4, f5, o5) {
  var e4 = { type: r4, props: u4, key: i4, ref: f5, __k: null, __: null, __b: 0, __e: null, __c: null, constructor: h, __v: o5 || ++t, __i: -1, __u: 0 };
  return !o5 && n.vnode && n.vnode(e4), e4;
}
function $(n3) {
  return n3.children;
}
function x(n3, t4) {
  this.props = n3, this.context = t4, this.__g = 0;
}
function S(n3, t4) {
  if (null == t4) return n3.__ && S(n3.__, n3.__i + 1);
  for (var r4; t4 < n3.__k.length; t4++) if ((r4 = n3.__k[t4]) && r4.__e) return r4.__e;
  return "function" != typeof n3.type || n3.props.__P ? null : S(n3);
}
function C(t4) {
  var r4, u4 = t4.__v, i4 = u4.__e, f5 = [], o5 = [], e4 = t4.__P;
  e4 && ((r4 = _({ constructor: h }, u4)).__v = u4.__v + 1, n.vnode && n.vnode(r4), z(e4, r4, u4, t4.__n, e4.namespaceURI, 32 & u4.__u ? [i4] : null, f5, i4 || S(u4), 32 & u4.__u, o5), r4.__v = u4.__v, r4.__.__k[r4.__i] = r4, E(f5, r4, o5), u4.__ = u4.__e = null, r4.__e != i4 && j(r4));
}
function j(n3) {
  if ((n3 = n3.__) && n3.__c && !n3.props.__P) return n3.__e = null, n3.__k.some(function(t4) {
    return t4 && (n3.__e = t4.__e);
  }), j(n3);
}
function L(t4) {
  (8 & t4.__g || (t4.__g |= 8, u.push(t4), f++)) && i == n.debounceRendering || ((i = n.debounceRendering) || queueMicrotask)(H);
}
function H() {
  try {
    for (var n3, t4 = 1; u.length; ) u.length > t4 && u.sort(o), n3 = u.shift(), t4 = u.length, 8 & n3.__g && C(n3);
  } finally {
    (f = u.length) && (i || queueMicrotask)(H);
  }
}
function I(n3, t4, r4, u4, i4, f5, o5, e4, l4, c4, a5) {
  var s4, h5, v4, w5, d5, _4, g5 = u4.__k || y, k4 = t4.length;
  for (l4 = q(r4, t4, g5, l4, k4), s4 = 0; s4 < k4; s4++) null != (v4 = r4.__k[s4]) && (h5 = ~v4.__i && g5[v4.__i] || p, v4.__i = s4, _4 = z(n3, v4, h5, i4, f5, o5, e4, l4, c4, a5), w5 = v4.__e, (h5.ref != v4.ref || 8 & h5.__u) && (h5.ref && G(h5.ref, null, v4, h5), v4.ref && a5.push(v4.ref, v4.__c || w5, v4)), d5 = d5 || w5, 4 & v4.__u ? (l4 = A(v4, l4, n3, !h5.__v), h5.__e && (h5.__e = null)) : "function" == typeof v4.type && void 0 !== _4 ? l4 = _4 : w5 && (l4 = w5.nextSibling), v4.__u &= -21);
  return r4.__e = d5, l4;
}
function q(n3, t4, r4, u4, i4) {
  var f5, o5, e4, l4, c4, a5, s4, p5, y5, v4 = r4.length, d5 = v4, _4 = 0, g5 = 0, k4 = n3.__k = Array(i4);
  for (f5 = 0; f5 < i4; f5++) null != (o5 = t4[f5]) && "boolean" != typeof o5 && "function" != typeof o5 ? ("object" != typeof o5 || o5.constructor === String ? o5 = k4[f5] = m(null, o5) : w(o5) ? o5 = k4[f5] = m($, { children: o5 }) : o5.constructor === h && o5.__b ? o5 = k4[f5] = m(o5.type, o5.props, o5.key, o5.ref, o5.__v) : k4[f5] = o5, l4 = f5 + _4, o5.__ = n3, o5.__b = n3.__b + 1, e4 = null, ~(c4 = o5.__i = P(o5, r4, l4, d5)) && (d5--, (e4 = r4[c4]) && (e4.__u |= 2)), e4 && e4.__v ? (o5.__u |= 16, c4 == l4 - 1 ? _4-- : c4 == l4 + 1 ? _4++ : c4 != l4 && (c4 > l4 ? _4-- : _4++, g5 = 1)) : (~c4 || (i4 > v4 ? _4-- : i4 < v4 && _4++), "function" != typeof o5.type && (o5.__u |= 4))) : k4[f5] = null;
  if (g5) {
    for (a5 = [], s4 = [], f5 = 0; f5 < i4; f5++) if ((o5 = k4[f5]) && 16 & o5.__u) {
      for (_4 = 0, p5 = a5.length; _4 < p5; ) a5[y5 = _4 + p5 >> 1] < o5.__i ? _4 = y5 + 1 : p5 = y5;
      a5[_4] = o5.__i, s4[f5] = _4 + 1;
    }
    for (_4 = a5.length; f5--; ) s4[f5] && (s4[f5] == _4 ? _4-- : k4[f5].__u |= 4);
  }
  if (d5) for (f5 = 0; f5 < v4; f5++) !(e4 = r4[f5]) || 2 & e4.__u || (e4.__e == u4 && (u4 = S(e4)), J(e4, e4));
  return u4;
}
function A(n3, t4, r4, u4) {
  var i4, f5, o5, e4;
  if ("function" == typeof n3.type) {
    if (n3.props.__P) return t4;
    if (i4 = n3.__k) for (f5 = 0; f5 < i4.length; f5++) i4[f5] && (i4[f5].__ = n3, t4 = A(i4[f5], t4, r4, false));
    return t4;
  }
  for (t4 && !t4.parentNode && (t4 = S(n3)) && !t4.parentNode && (t4 = null), o5 = n3.__e, e4 = t4; e4 && 8 == e4.nodeType; ) e4 = e4.nextSibling;
  for (o5 != e4 && (!u4 && r4.moveBefore && o5.parentNode ? r4.moveBefore(o5, t4) : r4.insertBefore(o5, t4 || null)), t4 = o5; (t4 = t4 && t4.nextSibling) && 8 == t4.nodeType && !t4.data.startsWith("$s"); ) ;
  return t4;
}
function P(n3, t4, r4, u4) {
  var i4, f5 = n3.key, o5 = n3.type, e4 = t4[r4], l4 = e4 && !(2 & e4.__u);
  if (null === e4 && null == f5 || l4 && f5 == e4.key && o5 == e4.type) return r4;
  if (u4 > (l4 ? 1 : 0)) {
    for (i4 = r4 - 1; i4 >= 0; i4--) if ((e4 = t4[i4]) && !(2 & e4.__u) && f5 == e4.key && o5 == e4.type) return i4;
    for (i4 = r4 + 1; i4 < t4.length; i4++) if ((e4 = t4[i4]) && !(2 & e4.__u) && f5 == e4.key && o5 == e4.type) return i4;
  }
  return -1;
}
function T(n3, t4, r4) {
  null == r4 && (r4 = ""), "-" == t4[0] ? n3.setProperty(t4, r4) : n3[t4] = r4;
}
function N(n3, t4, r4, u4, i4) {
  var f5, o5;
  if ("style" == t4) if ("string" == typeof r4) n3.style.cssText = r4;
  else {
    if ("string" == typeof u4 && (n3.style.cssText = u4 = ""), u4) for (t4 in u4) r4 && t4 in r4 || T(n3.style, t4);
    if (r4) for (t4 in r4) u4 && r4[t4] == u4[t4] || T(n3.style, t4, r4[t4]);
  }
  else if ("o" == t4[0] && "n" == t4[1]) "function" != typeof r4 && (r4 = null), "function" != typeof u4 && (u4 = null), (n3.__e || (n3.__e = {}))[t4] = r4, r4 && u4 || (o5 = a[t4] || (a[t4] = V(t4)), (n3.__a || (n3.__a = {}))[t4] = c, f5 = t4 != (t4 = t4.replace(l, "$1")), (t4 = t4.slice(2))[0] < "a" && (t4 = t4.toLowerCase()), r4 ? n3.addEventListener(t4, o5, f5) : n3.removeEventListener(t4, o5, f5));
  else {
    if ("http://www.w3.org/2000/svg" == i4) t4 = t4.replace(/xlink(H|:h)/, "h").replace(/sName$/, "s");
    else if ("width" != t4 && "height" != t4 && "href" != t4 && "list" != t4 && "form" != t4 && "tabIndex" != t4 && "download" != t4 && "rowSpan" != t4 && "colSpan" != t4 && "role" != t4 && "popover" != t4 && t4 in n3) try {
      return void (n3[t4] = null == r4 ? "" : r4);
    } catch (n4) {
    }
    if ("function" == typeof r4) return;
    null == r4 || false === r4 && "-" != t4[4] ? n3.removeAttribute(t4) : n3.setAttribute(t4, "popover" == t4 && 1 == r4 ? "" : r4);
  }
}
function V(t4) {
  return function(r4) {
    var u4 = this.__e;
    if (u4) {
      if (u4 = u4[t4], null == r4[e]) r4[e] = c++;
      else if (r4[e] < this.__a[t4]) return;
      return u4(n.event ? n.event(r4) : r4);
    }
  };
}
function z(t4, r4, u4, i4, f5, o5, e4, l4, c4, a5) {
  var s4, p5, v4, d5, k4, b3, m5, M2, C3, j3, L2, H2, q2, A4, O2, P2, T4, N2, V2 = r4.type;
  if (r4.constructor !== h) return null;
  128 & u4.__u && (c4 = 32 & u4.__u, s4 = u4.__c.__z) && (r4.__u |= c4, p5 = o5 = [], 8 == s4.nodeType ? l4 = B(s4, o5) : o5.push(s4), l4 = o5[0] || l4), (s4 = n.__b) && s4(r4);
  n: if ("function" == typeof V2) {
    v4 = e4.length;
    try {
      if (M2 = r4.props, C3 = (s4 = V2.prototype) && s4.render, j3 = (s4 = V2.contextType) && i4[s4.__c], L2 = s4 ? j3 ? j3.props.value : s4.__ : i4, (d5 = u4.__c) ? (r4.__c = d5, 2 & d5.__g && (d5.__g |= 1)) : (C3 ? r4.__c = d5 = new V2(M2, L2) : (r4.__c = d5 = new x(M2, L2), d5.constructor = V2, d5.render = K), j3 && j3.sub(d5), d5.state || (d5.state = {}), d5.__n = i4, d5.__g |= 8, d5.__h = [], d5.__k = []), C3 && (d5.__s || (d5.__s = d5.state), V2.getDerivedStateFromProps && (d5.__s == d5.state && (d5.__s = _({}, d5.__s)), _(d5.__s, V2.getDerivedStateFromProps(M2, d5.__s)))), k4 = d5.props, b3 = d5.state, d5.__v = r4, u4.__c) {
        if (M2 !== k4 && C3 && !V2.getDerivedStateFromProps && d5.componentWillReceiveProps && d5.componentWillReceiveProps(M2, L2), r4.__v == u4.__v && !(8 & d5.__g) || !(4 & d5.__g) && d5.shouldComponentUpdate && false === d5.shouldComponentUpdate(M2, d5.__s, L2)) {
          r4.__v != u4.__v && (d5.props = M2, d5.state = d5.__s, d5.__g &= -9), r4.__e = u4.__e, r4.__k = u4.__k, r4.__k.some(function(n3) {
            n3 && (n3.__ = r4);
          }), y.push.apply(d5.__h, d5.__k), d5.__k = [], d5.__h.length && e4.push(d5), l4 = S(u4);
          break n;
        }
        d5.componentWillUpdate && d5.componentWillUpdate(M2, d5.__s, L2), C3 && d5.componentDidUpdate && d5.__h.push(function() {
          d5.componentDidUpdate(k4, b3, m5);
        });
      } else C3 && !V2.getDerivedStateFromProps && d5.componentWillMount && d5.componentWillMount(), C3 && d5.componentDidMount && d5.__h.push(d5.componentDidMount);
      d5.context = L2, d5.props = M2, d5.__P = t4, d5.__g &= -5, H2 = n.__r, q2 = C3 ? 25 : 0;
      do {
        d5.__g &= -9, H2 && H2(r4), s4 = d5.render(d5.props, d5.state = d5.__s, d5.context);
      } while (8 & d5.__g && ++q2 < 25);
      C3 && (y.push.apply(d5.__h, d5.__k), d5.__k = []), d5.state = d5.__s, d5.getChildContext && (i4 = _({}, i4, d5.getChildContext())), C3 && u4.__c && d5.getSnapshotBeforeUpdate && (m5 = d5.getSnapshotBeforeUpdate(k4, b3)), A4 = s4 && s4.type === $ && null == s4.key ? s4.props.children : s4, M2.__P && (s4 = l4, f5 = (t4 = M2.__P).namespaceURI, c4 = o5 = null, u4.props && u4.props.__P != t4 && (u4.__k.some(function(n3) {
        n3 && J(n3, n3);
      }), u4.__k = null), l4 = u4.__k ? S(u4, 0) : null), l4 = I(t4, w(A4) ? A4 : [A4], r4, u4, i4, f5, o5, e4, l4, c4, a5), M2.__P && (r4.__e = null, l4 = s4), r4.__u &= -161, p5 && p5.some(g), d5.__h.length && e4.push(d5), 1 & d5.__g && (d5.__g &= -4);
    } catch (t5) {
      if (e4.length = v4, r4.__v = null, c4 || o5) if (t5 && t5.then) {
        if (r4.__u |= 128 | c4, o5) {
          for (~(T4 = o5.indexOf(l4 || void 0)) || (T4 = o5.length); (N2 = o5[T4 - 1]) && 8 == N2.nodeType; ) T4--;
          for (; T4 < o5.length; T4++) if (N2 = o5[T4]) if (o5[T4] = null, O2) {
            if (N2 == P2) break;
          } else {
            if (8 != N2.nodeType) break;
            N2.data.startsWith("$s") && (P2 = B(O2 = N2));
          }
        }
        if (!O2) {
          for (; l4 && 8 == l4.nodeType && l4.nextSibling; ) l4 = l4.nextSibling;
          O2 = l4;
        }
        (s4 = B(O2 = r4.__c.__z || (r4.__c.__z = O2))) ? (r4.__e = O2, l4 = s4) : r4.__e = l4, l4 = l4 && l4.nextSibling;
      } else o5 && o5.some(g);
      else r4.__e = u4.__e;
      r4.__k || (r4.__k = u4.__k || []), t5 && t5.then || D(r4), n.__e(t5, r4, u4);
    }
  } else l4 = r4.__e = F(u4.__e, r4, u4, i4, f5, o5, e4, c4, a5, t4);
  return (s4 = n.diffed) && s4(r4), l4;
}
function B(n3, t4) {
  if (n3 && 8 == n3.nodeType && n3.data.startsWith("$s")) for (var r4 = 1; n3 = n3.nextSibling; ) {
    if (8 == n3.nodeType) {
      if (n3.data.startsWith("$s")) r4++;
      else if (n3.data.startsWith("/$s") && !--r4) return n3;
    }
    t4 && t4.push(n3);
  }
}
function D(n3) {
  n3 && (n3.__c && (n3.__c.__g |= 4), n3.__k && n3.__k.some(D));
}
function E(t4, r4, u4) {
  for (var i4 = 0; i4 < u4.length; ) G(u4[i4++], u4[i4++], u4[i4++]);
  n.__c && n.__c(r4, t4), t4.some(function(r5) {
    try {
      t4 = r5.__h, r5.__h = [], t4.some(function(n3) {
        n3.call(r5);
      });
    } catch (t5) {
      n.__e(t5, r5.__v);
    }
  });
}
function F(t4, r4, u4, i4, f5, o5, e4, l4, c4, a5) {
  var s4, h5, y5, _4, k4, b3, m5, M2, $2 = u4.props || p, x3 = r4.props, C3 = r4.type;
  if ("svg" == C3 ? f5 = "http://www.w3.org/2000/svg" : "math" == C3 ? f5 = "http://www.w3.org/1998/Math/MathML" : f5 || (f5 = "http://www.w3.org/1999/xhtml"), o5) {
    for (s4 = 0; s4 < o5.length; s4++) if ((k4 = o5[s4]) && (C3 ? k4.localName == C3 : 3 == k4.nodeType)) {
      t4 = k4, o5[s4] = null;
      break;
    }
  }
  if (!t4) {
    if (M2 = a5.ownerDocument || document, !C3) return M2.createTextNode(x3);
    t4 = M2.createElementNS(f5, C3, x3.is ? x3 : a5), l4 && (n.__m && n.__m(r4, o5), l4 = false), o5 = null;
  }
  if (C3) {
    if (a5 = "template" == C3 && t4.content || t4, o5 = "textarea" == C3 && null != x3.defaultValue ? null : o5 && d.call(a5.childNodes), !l4 && o5) for ($2 = {}, s4 = 0; s4 < t4.attributes.length; s4++) $2[(k4 = t4.attributes[s4]).name] = k4.value;
    for (s4 in $2) k4 = $2[s4], "dangerouslySetInnerHTML" == s4 ? y5 = k4 : "children" == s4 || s4 in x3 || "value" == s4 && "defaultValue" in x3 || "checked" == s4 && "defaultChecked" in x3 || N(t4, s4, null, k4, f5);
    for (s4 in x3) k4 = x3[s4], "children" == s4 ? _4 = k4 : "dangerouslySetInnerHTML" == s4 ? h5 = k4 : "value" == s4 ? b3 = k4 : "checked" == s4 ? m5 = k4 : l4 && "function" != typeof k4 || $2[s4] === k4 || N(t4, s4, k4, $2[s4], f5);
    h5 ? (l4 || y5 && (h5.__html == y5.__html || h5.__html == t4.innerHTML) || (t4.innerHTML = h5.__html), r4.__k = []) : (y5 && (t4.textContent = ""), ("foreignObject" == C3 || "http://www.w3.org/1998/Math/MathML" == f5 && v.test(C3)) && (f5 = "http://www.w3.org/1999/xhtml"), I(a5, w(_4) ? _4 : [_4], r4, u4, i4, f5, o5, e4, o5 ? o5[0] : u4.__k && S(u4, 0), l4, c4), o5 && o5.some(g)), l4 && "textarea" != C3 || (s4 = "value", "progress" == C3 && null == b3 ? t4.removeAttribute(s4) : null == b3 || b3 === t4[s4] && ("progress" != C3 || b3) || N(t4, s4, b3, $2[s4], f5), s4 = "checked", null != m5 && m5 != t4[s4] && N(t4, s4, m5, $2[s4], f5));
  } else $2 === x3 || l4 && t4.data == x3 || (t4.data = x3);
  return t4;
}
function G(t4, r4, u4, i4) {
  try {
    "function" == typeof t4 ? r4 ? r4.__x = t4(r4) || 1 : i4 && (i4 = i4.__c || i4.__e) && (r4 = i4.__x) && (i4.__x = null, "function" == typeof r4 ? r4() : t4(null)) : t4.current = r4;
  } catch (t5) {
    n.__e(t5, u4);
  }
}
function J(t4, r4, u4) {
  var i4, f5, o5, e4;
  if (n.unmount && n.unmount(t4), !(i4 = t4.ref) || i4.current && i4.current != t4.__e || G(i4, null, r4, t4), i4 = t4.__c) {
    if (i4.componentWillUnmount) try {
      i4.componentWillUnmount();
    } catch (t5) {
      n.__e(t5, r4);
    }
    i4.__P = i4.__n = null;
  }
  if (i4 = t4.__k) for (e4 = 0; e4 < i4.length; e4++) i4[e4] && J(i4[e4], r4, "function" != typeof t4.type || u4 && !t4.props.__P);
  !u4 && (i4 = t4.__c) && (i4 = i4.__z) && (f5 = B(i4, o5 = [])) && (i4 == t4.__e && o5.some(g), g(f5), g(i4)), u4 || g(t4.__e), t4.__e = t4.__c = t4.__ = null;
}
function K(n3, t4, r4) {
  return this.constructor(n3, r4);
}
function Q(t4, r4) {
  var u4, i4, f5, o5;
  n.__ && n.__(t4, r4), 9 == r4.nodeType && (r4 = r4.documentElement), i4 = (u4 = t4 && 32 & t4.__u) ? null : r4.__k, r4.__k = m($, { children: [t4] }), f5 = [], o5 = [], z(r4, r4.__k, i4 || p, p, r4.namespaceURI, i4 ? null : r4.firstChild ? d.call(r4.childNodes) : null, f5, i4 ? i4.__e : r4.firstChild, u4, o5), E(f5, r4.__k, o5), r4.__k.props.children = null;
}
n = { __e: function(n3, t4, r4, u4) {
  for (var i4, o5, e4; t4 = t4.__; ) if ((i4 = t4.__c) && !(1 & i4.__g)) {
    i4.__g |= 4;
    try {
      if ((e4 = (o5 = i4.constructor) && o5.getDerivedStateFromError) && i4.setState(o5.getDerivedStateFromError(n3)), i4.componentDidCatch && (i4.componentDidCatch(n3, u4 || {}), e4 = 1), e4 && 8 & i4.__g) return void (i4.__g |= 2);
    } catch (t5) {
      n3 = t5;
    }
  }
  throw f = 0, n3;
} }, t = 0, r = function(n3) {
  return null != n3 && n3.constructor === h;
}, x.prototype.setState = function(n3, t4) {
  var r4 = this.__s;
  r4 && r4 != this.state || (r4 = this.__s = _({}, this.state)), "function" == typeof n3 && (n3 = n3(_({}, r4), this.props)), n3 && (_(r4, n3), this.__v && (t4 && this.__k.push(t4), L(this)));
}, x.prototype.forceUpdate = function(n3) {
  this.__v && (this.__g |= 4, n3 && this.__h.push(n3), L(this));
}, x.prototype.render = $, u = [], f = 0, o = function(n3, t4) {
  return n3.__v.__b - t4.__v.__b;
}, e = /* @__PURE__ */ Symbol(), l = /(PointerCapture)$|Capture$/i, c = 0, a = {}, s = 0;

// node_modules/preact/hooks/dist/hooks.mjs
var t2;
var r2;
var u2;
var i2;
var o2 = Object.is;
var f2 = 0;
var c2 = [];
var e2 = [];
var a2 = n;
var v2 = a2.__b;
var l2 = a2.__r;
var m2 = a2.diffed;
var h2 = a2.__c;
var s2 = a2.unmount;
var p2 = a2.__;
function y2(n3, t4) {
  a2.__h && a2.__h(r2, n3, f2 || t4), f2 = 0;
  var u4 = r2.__H || (r2.__H = { __: [], __h: [] });
  return n3 >= u4.__.length && u4.__.push({}), u4.__[n3];
}
function d2(n3) {
  return f2 = 1, _2(G2, n3);
}
function _2(n3, u4, i4) {
  var f5 = y2(t2++, 2);
  if (f5.t = n3, !f5.__c && (f5.__ = [i4 ? i4(u4) : G2(void 0, u4), function(n4) {
    var t4 = (f5.__N || f5.__)[0], r4 = f5.t(t4, n4);
    o2(t4, r4) || (f5.__N = [r4, f5.__[1]], f5.__c.setState({}));
  }], f5.__c = r2, !r2.__f)) {
    r2.__f = true;
    var c4 = r2.shouldComponentUpdate;
    r2.shouldComponentUpdate = function(n4, t4, r4) {
      var u5 = this.__H;
      if (!u5) return true;
      var i5 = false, f6 = this.props != n4;
      if (u5.__.some(function(n5) {
        n5.__N && (i5 = true, o2(n5.__[0], n5.__N[0]) || (f6 = true));
      }), c4) {
        var e4 = c4.call(this, n4, t4, r4);
        return i5 ? e4 || f6 : e4;
      }
      return !i5 || f6;
    };
  }
  return f5.__;
}
function A2(n3, u4) {
  var i4 = y2(t2++, 3);
  !a2.__s && E2(i4.__H, u4) && (i4.__P = true, i4.__ = n3, i4.u = u4, r2.__H.__h.push(i4));
}
function T2(n3) {
  return f2 = 5, w2(function() {
    return { current: n3 };
  }, []);
}
function w2(n3, r4) {
  var u4 = y2(t2++, 7);
  return E2(u4.__H, r4) && (u4.__ = n3(), u4.__H = r4), u4.__;
}
function g2() {
  var n3;
  do {
    for (; n3 = e2.shift(); ) try {
      C2(n3);
    } catch (t5) {
      a2.__e(t5, { __: (n3 = n3.__P) && n3.__v });
    }
    for (; n3 = c2.shift(); ) {
      var t4 = n3.__H;
      if (n3.__P && t4) try {
        t4.__h.some(C2), t4.__h.some(D2), t4.__h = [];
      } catch (r4) {
        t4.__h = [], a2.__e(r4, n3.__v);
      }
    }
  } while (e2.length);
}
a2.__b = function(n3) {
  r2 = null, v2 && v2(n3);
}, a2.__ = function(n3, t4) {
  n3 && t4.__k && t4.__k.__m && (n3.__m = t4.__k.__m), p2 && p2(n3, t4);
}, a2.__r = function(n3) {
  l2 && l2(n3), t2 = 0;
  var i4 = (r2 = n3.__c).__H;
  i4 && (u2 == r2 ? r2.__h = [] : (i4.__h.some(C2), i4.__h.some(D2), t2 = 0), i4.__h = [], i4.__.some(function(n4) {
    n4.__N && (n4.__ = n4.__N), n4.u = n4.__N = void 0;
  })), u2 = r2;
}, a2.diffed = function(n3) {
  m2 && m2(n3);
  var t4 = n3.__c;
  t4 && t4.__H && (t4.__H.__h.length && B2(c2.push(t4)), t4.__H.__.some(function(n4) {
    n4.u && (n4.__H = n4.u);
  })), u2 = r2 = null;
}, a2.__c = function(n3, t4) {
  t4.some(function(n4) {
    try {
      n4.__h.some(C2), n4.__h = n4.__h.filter(function(n5) {
        return !n5.__ || D2(n5);
      });
    } catch (t5) {
      n4.__h = [function() {
        throw t5;
      }];
    }
  }), h2 && h2(n3, t4);
}, a2.unmount = function(n3) {
  s2 && s2(n3);
  var t4, r4, u4 = n3.__c;
  u4 && u4.__H && (u4.__H.__.some(function(u5) {
    try {
      if (u5.__P && u5.__c) {
        if (void 0 === r4) {
          for (r4 = n3.__; r4 && (!r4.__c || !r4.__c.__P); ) r4 = r4.__;
          r4 = r4 && r4.__c;
        }
        u5.__P = r4, B2(e2.push(u5));
      } else C2(u5);
    } catch (n4) {
      t4 = n4;
    }
  }), u4.__H = void 0, t4 && a2.__e(t4, u4.__v));
};
var k2 = "function" == typeof requestAnimationFrame;
function z2(n3) {
  var t4, r4 = function() {
    clearTimeout(u4), k2 && cancelAnimationFrame(t4), setTimeout(n3);
  }, u4 = setTimeout(r4, 35);
  k2 && (t4 = requestAnimationFrame(r4));
}
function B2(n3) {
  1 != n3 && i2 == a2.requestAnimationFrame || ((i2 = a2.requestAnimationFrame) || z2)(g2);
}
function C2(n3) {
  var t4 = r2, u4 = n3.__c;
  "function" == typeof u4 && (n3.__c = void 0, u4()), r2 = t4;
}
function D2(n3) {
  var t4 = r2;
  n3.__c = n3.__(), r2 = t4;
}
function E2(n3, t4) {
  return !n3 || n3.length != t4.length || t4.some(function(t5, r4) {
    return !o2(t5, n3[r4]);
  });
}
function G2(n3, t4) {
  return "function" == typeof t4 ? t4(n3) : t4;
}

// node_modules/@preact/signals-core/dist/signals-core.module.js
var i3 = /* @__PURE__ */ Symbol.for("preact-signals");
function t3() {
  if (!(v3 > 1)) {
    var i4, t4 = false;
    !(function() {
      var i5 = c3;
      c3 = void 0;
      while (void 0 !== i5) {
        var t5 = i5.S;
        if (t5.v === i5.v) {
          for (var r5 = t5.t; void 0 !== r5; r5 = r5.x) if (r5.i === i5.i) r5.i = t5.i;
        }
        i5 = i5.o;
      }
    })();
    while (void 0 !== h3) {
      var r4 = h3;
      h3 = void 0;
      s3++;
      while (void 0 !== r4) {
        var n3 = r4.u;
        r4.u = void 0;
        r4.f &= -3;
        if (!(8 & r4.f) && w3(r4)) try {
          r4.c();
        } catch (r5) {
          if (!t4) {
            i4 = r5;
            t4 = true;
          }
        }
        r4 = n3;
      }
    }
    s3 = 0;
    v3--;
    if (t4) throw i4;
  } else v3--;
}
function r3(i4) {
  if (v3 > 0) return i4();
  u3 = ++e3;
  v3++;
  try {
    return i4();
  } finally {
    t3();
  }
}
var n2;
var o3 = void 0;
function f3(i4) {
  var t4 = o3, r4 = n2;
  o3 = void 0;
  n2 = void 0;
  try {
    return i4();
  } finally {
    o3 = t4;
    n2 = r4;
  }
}
var h3 = void 0;
var v3 = 0;
var s3 = 0;
var e3 = 0;
var u3 = 0;
var c3 = void 0;
var a3 = 0;
function d3(i4) {
  if (void 0 !== o3) {
    var t4 = i4.n;
    if (void 0 === t4 || t4.t !== o3) {
      t4 = { i: 0, S: i4, p: o3.s, n: void 0, t: o3, e: void 0, x: void 0, r: t4 };
      if (void 0 !== o3.s) o3.s.n = t4;
      o3.s = t4;
      i4.n = t4;
      if (32 & o3.f) i4.S(t4);
      return t4;
    } else if (-1 === t4.i) {
      t4.i = 0;
      if (void 0 !== t4.n) {
        t4.n.p = t4.p;
        if (void 0 !== t4.p) t4.p.n = t4.n;
        t4.p = o3.s;
        t4.n = void 0;
        o3.s.n = t4;
        o3.s = t4;
      }
      return t4;
    }
  }
}
function l3(i4, t4) {
  this.v = i4;
  this.i = 0;
  this.n = void 0;
  this.t = void 0;
  this.l = 0;
  this.W = null == t4 ? void 0 : t4.watched;
  this.Z = null == t4 ? void 0 : t4.unwatched;
  this.name = null == t4 ? void 0 : t4.name;
}
l3.prototype.brand = i3;
l3.prototype.h = function() {
  return true;
};
l3.prototype.S = function(i4) {
  var t4 = this, r4 = this.t;
  if (r4 !== i4 && void 0 === i4.e) {
    i4.x = r4;
    this.t = i4;
    if (void 0 !== r4) r4.e = i4;
    else f3(function() {
      var i5;
      null == (i5 = t4.W) || i5.call(t4);
    });
  }
};
l3.prototype.U = function(i4) {
  var t4 = this;
  if (void 0 !== this.t) {
    var r4 = i4.e, n3 = i4.x;
    if (void 0 !== r4) {
      r4.x = n3;
      i4.e = void 0;
    }
    if (void 0 !== n3) {
      n3.e = r4;
      i4.x = void 0;
    }
    if (i4 === this.t) {
      this.t = n3;
      if (void 0 === n3) f3(function() {
        var i5;
        null == (i5 = t4.Z) || i5.call(t4);
      });
    }
  }
};
l3.prototype.subscribe = function(i4) {
  var t4 = this;
  return x2(function() {
    var r4 = t4.value;
    f3(function() {
      return i4(r4);
    });
  }, { name: "sub" });
};
l3.prototype.valueOf = function() {
  return this.value;
};
l3.prototype.toString = function() {
  return this.value + "";
};
l3.prototype.toJSON = function() {
  return this.value;
};
l3.prototype.peek = function() {
  var i4 = this;
  return f3(function() {
    return i4.value;
  });
};
Object.defineProperty(l3.prototype, "value", { get: function() {
  var i4 = d3(this);
  if (void 0 !== i4) i4.i = this.i;
  return this.v;
}, set: function(i4) {
  if (i4 !== this.v) {
    if (s3 > 100) throw new Error("Cycle detected");
    !(function(i5) {
      if (0 !== v3 && 0 === s3) {
        if (i5.l !== u3) {
          i5.l = u3;
          c3 = { S: i5, v: i5.v, i: i5.i, o: c3 };
        }
      }
    })(this);
    this.v = i4;
    this.i++;
    a3++;
    v3++;
    try {
      for (var r4 = this.t; void 0 !== r4; r4 = r4.x) r4.t.N();
    } finally {
      t3();
    }
  }
} });
function y3(i4, t4) {
  return new l3(i4, t4);
}
function w3(i4) {
  for (var t4 = i4.s; void 0 !== t4; t4 = t4.n) if (t4.S.i !== t4.i || !t4.S.h() || t4.S.i !== t4.i) return true;
  return false;
}
function b(i4) {
  for (var t4 = i4.s; void 0 !== t4; t4 = t4.n) {
    var r4 = t4.S.n;
    if (void 0 !== r4) t4.r = r4;
    t4.S.n = t4;
    t4.i = -1;
    if (void 0 === t4.n) {
      i4.s = t4;
      break;
    }
  }
}
function _3(i4) {
  var t4 = i4.s, r4 = void 0;
  while (void 0 !== t4) {
    var n3 = t4.p;
    if (-1 === t4.i) {
      t4.S.U(t4);
      if (void 0 !== n3) n3.n = t4.n;
      if (void 0 !== t4.n) t4.n.p = n3;
    } else r4 = t4;
    t4.S.n = t4.r;
    if (void 0 !== t4.r) t4.r = void 0;
    t4 = n3;
  }
  i4.s = r4;
}
function j2(i4, t4) {
  l3.call(this, void 0, t4);
  this.x = i4;
  this.s = void 0;
  this.g = a3 - 1;
  this.f = 4;
}
j2.prototype = new l3();
j2.prototype.h = function() {
  this.f &= -3;
  if (1 & this.f) return false;
  if (32 == (36 & this.f)) return true;
  this.f &= -5;
  if (this.g === a3) return true;
  this.g = a3;
  this.f |= 1;
  if (this.i > 0 && !w3(this)) {
    this.f &= -2;
    return true;
  }
  var i4 = o3;
  try {
    b(this);
    o3 = this;
    var t4 = this.x();
    if (16 & this.f || this.v !== t4 || 0 === this.i) {
      this.v = t4;
      this.f &= -17;
      this.i++;
    }
  } catch (i5) {
    this.v = i5;
    this.f |= 16;
    this.i++;
  }
  o3 = i4;
  _3(this);
  this.f &= -2;
  return true;
};
j2.prototype.S = function(i4) {
  if (void 0 === this.t) {
    this.f |= 36;
    for (var t4 = this.s; void 0 !== t4; t4 = t4.n) t4.S.S(t4);
  }
  l3.prototype.S.call(this, i4);
};
j2.prototype.U = function(i4) {
  if (void 0 !== this.t) {
    l3.prototype.U.call(this, i4);
    if (void 0 === this.t) {
      this.f &= -33;
      for (var t4 = this.s; void 0 !== t4; t4 = t4.n) t4.S.U(t4);
    }
  }
};
j2.prototype.N = function() {
  if (!(2 & this.f)) {
    this.f |= 6;
    for (var i4 = this.t; void 0 !== i4; i4 = i4.x) i4.t.N();
  }
};
Object.defineProperty(j2.prototype, "value", { get: function() {
  if (1 & this.f) throw new Error("Cycle detected");
  var i4 = d3(this);
  this.h();
  if (void 0 !== i4) i4.i = this.i;
  if (16 & this.f) throw this.v;
  return this.v;
} });
function O(i4, t4) {
  return new j2(i4, t4);
}
function p3(i4) {
  var r4 = i4.j;
  i4.j = void 0;
  if ("function" == typeof r4) {
    v3++;
    var n3 = o3;
    o3 = void 0;
    try {
      r4();
    } catch (t4) {
      i4.f &= -2;
      i4.f |= 8;
      g3(i4);
      throw t4;
    } finally {
      o3 = n3;
      t3();
    }
  }
}
function g3(i4) {
  for (var t4 = i4.s; void 0 !== t4; t4 = t4.n) t4.S.U(t4);
  i4.x = void 0;
  i4.s = void 0;
  p3(i4);
}
function S2(i4) {
  if (o3 !== this) throw new Error("Out-of-order effect");
  _3(this);
  o3 = i4;
  this.f &= -2;
  try {
    if (8 & this.f) g3(this);
  } finally {
    t3();
  }
}
function m3(i4, t4) {
  this.x = i4;
  this.j = void 0;
  this.s = void 0;
  this.u = void 0;
  this.f = 32;
  this.name = null == t4 ? void 0 : t4.name;
  if (n2) n2.push(this);
}
m3.prototype.c = function() {
  var i4 = this.S();
  try {
    if (8 & this.f) return;
    if (void 0 === this.x) return;
    var t4 = this.x();
    if ("function" == typeof t4) this.j = t4;
  } finally {
    i4();
  }
};
m3.prototype.S = function() {
  if (1 & this.f) throw new Error("Cycle detected");
  this.f |= 1;
  this.f &= -9;
  p3(this);
  b(this);
  v3++;
  var i4 = o3;
  o3 = this;
  return S2.bind(this, i4);
};
m3.prototype.N = function() {
  if (!(2 & this.f)) {
    this.f |= 2;
    this.u = h3;
    h3 = this;
  }
};
m3.prototype.d = function() {
  this.f |= 8;
  if (!(1 & this.f)) g3(this);
};
m3.prototype.dispose = function() {
  this.d();
};
function x2(i4, t4) {
  var r4 = new m3(i4, t4);
  try {
    r4.c();
  } catch (i5) {
    r4.d();
    throw i5;
  }
  var n3 = r4.d.bind(r4);
  n3[Symbol.dispose] = n3;
  return n3;
}

// node_modules/@preact/signals/dist/signals.module.js
var h4;
var d4;
var p4;
var m4 = "undefined" != typeof window && !!window.__PREACT_SIGNALS_DEVTOOLS__;
var g4 = [];
x2(function() {
  h4 = this.N;
})();
function b2(i4, n3) {
  n[i4] = n3.bind(null, n[i4] || function() {
  });
}
function y4(i4) {
  if (p4) {
    var n3 = p4;
    p4 = void 0;
    n3();
  }
  p4 = i4 && i4.S();
}
function w4(i4) {
  var n3 = this, r4 = i4.data, t4 = useSignal(r4);
  t4.name = "ReactiveDom";
  t4.value = r4;
  var e4 = w2(function() {
    var i5 = n3, r5 = n3.__v;
    while (r5 = r5.__) if (r5.__c) {
      r5.__c.__$f |= 4;
      break;
    }
    var o5 = O(function() {
      var i6 = t4.value.value;
      return 0 === i6 ? 0 : true === i6 ? "" : i6 || "";
    }), e5 = O(function() {
      return !Array.isArray(o5.value) && !r(o5.value);
    }), u5 = x2(function() {
      this.N = M;
      if (e5.value) {
        var n4 = o5.value;
        if (i5.__v && i5.__v.__e && 3 === i5.__v.__e.nodeType) i5.__v.__e.data = n4;
      }
    }), c5 = n3.__$u.d;
    n3.__$u.d = function() {
      u5();
      c5.call(this);
    };
    return [e5, o5];
  }, []), u4 = e4[0], c4 = e4[1];
  return u4.value ? c4.peek() : c4.value;
}
w4.displayName = "ReactiveTextNode";
Object.defineProperties(l3.prototype, { constructor: { configurable: true, value: k($, null).constructor }, type: { configurable: true, value: w4 }, props: { configurable: true, get: function() {
  var i4 = this;
  return { data: { get value() {
    return i4.value;
  } } };
} }, __b: { configurable: true, value: 1 } });
b2("__b", function(i4, n3) {
  y4();
  d4 = void 0;
  if ("string" == typeof n3.type) {
    var r4, t4 = n3.props;
    for (var f5 in t4) if ("children" !== f5) {
      var o5 = t4[f5];
      if (o5 instanceof l3) {
        if (!r4) n3.__np = r4 = {};
        r4[f5] = o5;
        t4[f5] = o5.peek();
      }
    }
  }
  i4(n3);
});
b2("__r", function(i4, r4) {
  i4(r4);
  if (r4.type !== $) {
    y4();
    var t4, f5 = r4.__c;
    if (f5) {
      f5.__$f &= -2;
      if (void 0 === (t4 = f5.__$u)) f5.__$u = t4 = (function(i5, n3) {
        var r5;
        x2(function() {
          r5 = this;
        }, { name: n3 });
        r5.c = i5;
        return r5;
      })(/* @__PURE__ */ (function(i5) {
        return function() {
          var n3;
          if (m4) null == (n3 = this.y) || n3.call(this);
          i5.__$f |= 1;
          i5.setState({});
        };
      })(f5), "function" == typeof r4.type ? r4.type.displayName || r4.type.name : "");
    }
    d4 = f5;
    y4(t4);
  }
});
b2("__e", function(i4, n3, r4, t4) {
  y4();
  d4 = void 0;
  i4(n3, r4, t4);
});
b2("diffed", function(i4, n3) {
  y4();
  d4 = void 0;
  var r4;
  if ("string" == typeof n3.type && (r4 = n3.__e)) {
    var t4 = n3.__np, f5 = n3.props, o5 = r4.U;
    if (o5) for (var e4 in o5) {
      var u4 = o5[e4];
      if (!(void 0 === u4 || t4 && e4 in t4)) {
        u4.d();
        o5[e4] = void 0;
      }
    }
    if (t4) {
      if (!o5) {
        o5 = {};
        r4.U = o5;
      }
      for (var a5 in t4) {
        var c4 = o5[a5], v4 = t4[a5];
        if (void 0 === c4) {
          c4 = k3(r4, a5, v4, f5);
          o5[a5] = c4;
        } else c4.o(v4, f5);
      }
    }
  }
  i4(n3);
});
function k3(i4, n3, r4, t4) {
  var f5 = n3 in i4 && void 0 === i4.ownerSVGElement, o5 = y3(r4);
  return { o: function(i5, n4) {
    o5.value = i5;
    t4 = n4;
  }, d: x2(function() {
    this.N = M;
    var r5 = o5.value.value;
    if (t4[n3] !== r5) {
      t4[n3] = r5;
      if (f5) i4[n3] = r5;
      else if (null != r5 && (false !== r5 || "-" === n3[4])) i4.setAttribute(n3, r5);
      else i4.removeAttribute(n3);
    }
  }) };
}
b2("unmount", function(i4, n3) {
  if ("string" == typeof n3.type) {
    var r4 = n3.__e;
    if (r4) {
      var t4 = r4.U;
      if (t4) {
        r4.U = void 0;
        for (var f5 in t4) {
          var o5 = t4[f5];
          if (o5) o5.d();
        }
      }
    }
    var e4 = n3.__np;
    if (e4) {
      var u4 = n3.props;
      for (var a5 in e4) u4[a5] = e4[a5];
    }
    n3.__np = void 0;
  } else {
    var c4 = n3.__c;
    if (c4) {
      c4.__$f |= 8;
      var v4 = c4.__$u;
      if (v4) {
        c4.__$u = void 0;
        v4.d();
      }
    }
  }
  i4(n3);
});
b2("__h", function(i4, n3, r4, t4) {
  if (t4 < 3) n3.__$f |= 2;
  i4(n3, r4, t4);
});
x.prototype.shouldComponentUpdate = function(i4, n3) {
  if (this.__R) return true;
  var r4 = this.__$u, t4 = r4 && void 0 !== r4.s;
  for (var f5 in n3) return true;
  if (this.__f || "boolean" == typeof this.u && true === this.u) {
    var o5 = 2 & this.__$f;
    if (!(t4 || o5 || 4 & this.__$f)) return true;
    if (1 & this.__$f) return true;
  } else {
    if (!(t4 || 4 & this.__$f)) return true;
    if (3 & this.__$f) return true;
  }
  for (var e4 in i4) if ("__source" !== e4 && i4[e4] !== this.props[e4]) return true;
  for (var u4 in this.props) if (!(u4 in i4)) return true;
  return false;
};
function useSignal(i4, n3) {
  return w2(function() {
    return y3(i4, n3);
  }, []);
}
var A3 = function(i4) {
  queueMicrotask(function() {
    queueMicrotask(i4);
  });
};
function F2() {
  r3(function() {
    var i4;
    while (i4 = g4.shift()) h4.call(i4);
  });
}
function M() {
  if (1 === g4.push(this)) (n.requestAnimationFrame || A3)(F2);
}

// src/view.ts
var wanted = y3("");
var opened = y3("");
var helping = y3(false);
var agentState = y3("");
function showAll() {
  wanted.value = "";
  agentState.value = "";
}

// src/keys.ts
var KEYS = [
  ["1, 2, 3", "to the queues, the agents, the calls"],
  ["↓ ↑ or j k", "the next row, the one before"],
  ["Enter", "open the call of the row"],
  ["/", "look for something in all tables"],
  ["Esc", "close, or show all again"],
  ["?", "this list"]
];
var SECTIONS = { "1": "queues", "2": "agents", "3": "calls" };
var STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const at = event.target instanceof HTMLElement ? event.target : document.body;
  const done = at instanceof HTMLInputElement ? inField(event.key, at) : onPage(event.key, at);
  if (done) event.preventDefault();
}
function inField(key, field) {
  if (key !== "Escape" || field.id !== "find") return false;
  showAll();
  field.blur();
  return true;
}
function onPage(key, at) {
  if (at.closest("dialog")) return false;
  const section = SECTIONS[key];
  if (section) return focusOn(`#${section} tbody tr`) || focusOn(`#${section}`);
  if (key in STEPS) return step(at, STEPS[key] ?? 0);
  if (key === "Enter" && at instanceof HTMLTableRowElement) return press(at);
  if (key === "/") return focusOn("#find");
  if (key === "?") return helping.value = true;
  if (key === "Escape") showAll();
  return false;
}
function step(at, by) {
  const row = at.closest("tr");
  const rows = [...row?.parentElement?.children ?? []];
  const next2 = row ? rows[rows.indexOf(row) + by] : document.querySelector("tbody tr");
  if (!(next2 instanceof HTMLElement)) return row !== null;
  next2.focus();
  return true;
}
function press(row) {
  const button = row.querySelector("button");
  button?.click();
  return button !== null;
}
function focusOn(selector) {
  const found = document.querySelector(selector);
  found?.focus();
  found?.closest("section")?.scrollIntoView({ block: "start" });
  return found !== null;
}

// src/session.ts
var session = y3({ is: "asking", why: "" });
var isIn = O(() => session.value.is === "in");
var seesAll = O(() => {
  if (session.value.is !== "in") return false;
  const { role, scope } = session.value.who;
  return role !== "agent" && Object.values(scope).every((part) => part.length === 0);
});
var PATH = "/api/session";
var UNAUTHORIZED = 401;
var AGAIN = 2e3;
var ANSWER_WITHIN = 12e3;
async function begin() {
  const token = tokenOfLink();
  try {
    await (token ? signIn(token) : ask());
  } catch (error) {
    const why = `No gateway answers (${String(error)}). Trying again …`;
    session.value = { is: "asking", why };
    if (token) history.replaceState(null, "", `/#${encodeURIComponent(token)}`);
    setTimeout(() => void begin(), AGAIN);
  }
}
function tokenOfLink() {
  const token = location.hash.slice(1);
  if (token || location.pathname !== "/") history.replaceState(null, "", "/");
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}
async function signIn(token) {
  const answer = await fetch(PATH, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
    signal: AbortSignal.timeout(ANSWER_WITHIN)
  });
  if (answer.ok) await ask();
  else session.value = { is: "out", why: await reason(answer) };
}
async function ask() {
  const answer = await fetch(PATH, { signal: AbortSignal.timeout(ANSWER_WITHIN) });
  if (answer.ok) session.value = { is: "in", who: await answer.json() };
  else if (answer.status === UNAUTHORIZED) session.value = { is: "out", why: whyOut() };
  else throw new Error(await reason(answer));
}
async function signOut() {
  let why = "You have signed out.";
  try {
    const answer = await fetch(PATH, {
      method: "DELETE",
      signal: AbortSignal.timeout(ANSWER_WITHIN)
    });
    if (!answer.ok) why = await reason(answer);
  } catch {
    why = "No gateway answers: this browser is still signed in. Load the page and sign out again.";
  }
  session.value = { is: "out", why };
}
function whyOut() {
  const ended = "Your session has ended: the token was revoked or ran out, or a week is over.";
  return isIn.value ? ended : "";
}
async function reason(answer) {
  try {
    const problem = await answer.json();
    return problem.detail ?? answer.statusText;
  } catch {
    return answer.statusText;
  }
}

// src/built.ts
var MARK = /<meta name="built" content="([0-9a-f]+)">/;
var own = document.querySelector('meta[name="built"]')?.content;
async function isOld() {
  const answer = await fetch("/", { signal: AbortSignal.timeout(ANSWER_WITHIN) });
  const mark = MARK.exec(await answer.text())?.[1];
  return mark !== void 0 && mark !== own;
}

// src/clock.ts
var now = y3(Date.now());
var ahead = 0;
function setBy(at) {
  ahead = Date.parse(at) - Date.now();
}
function tick() {
  now.value = Date.now() + ahead;
}
function seconds(since, until) {
  return Math.max(0, Math.floor((until - Date.parse(since)) / 1e3));
}
var DAY = 86400;
function length(total) {
  if (total >= DAY) return `${Math.floor(total / DAY)} d ${Math.floor(total % DAY / 3600)} h`;
  const parts = [Math.floor(total / 60) % 60, total % 60];
  if (total >= 3600) parts.unshift(Math.floor(total / 3600));
  const [first, ...others] = parts;
  return [String(first), ...others.map((part) => String(part).padStart(2, "0"))].join(":");
}
function timeOfDay(at) {
  return new Date(at).toLocaleTimeString(void 0, { hourCycle: "h23" });
}
function dayOf(day) {
  const parts = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" };
  return new Date(day).toLocaleDateString(void 0, parts);
}

// src/live/picture.ts
var NOTHING = {
  gatewayUp: true,
  nodes: /* @__PURE__ */ new Map(),
  queues: /* @__PURE__ */ new Map(),
  agents: /* @__PURE__ */ new Map(),
  calls: /* @__PURE__ */ new Map()
};
function after(picture2, told) {
  let draft = copy(picture2);
  for (const one of told) {
    if (one.type === "snapshot") draft = whole(one);
    else take(draft, one);
  }
  return draft;
}
function isHeard({ gatewayUp, nodes }) {
  return gatewayUp && (nodes.size === 0 || [...nodes.values()].some((node) => node.up));
}
function withoutEnded(picture2, before) {
  const over = [...picture2.calls.values()].filter(
    (call) => call.ended_at !== null && Date.parse(call.ended_at) < before
  );
  if (over.length === 0) return picture2;
  const calls = new Map(picture2.calls);
  for (const call of over) calls.delete(call.call_id);
  return { ...picture2, calls };
}
function copy(picture2) {
  return {
    gatewayUp: picture2.gatewayUp,
    nodes: new Map(picture2.nodes),
    queues: new Map(picture2.queues),
    agents: new Map(picture2.agents),
    calls: new Map(picture2.calls)
  };
}
function whole(snapshot) {
  return {
    gatewayUp: snapshot.gateway_up ?? true,
    nodes: new Map(snapshot.nodes.map((node) => [node.name, node])),
    queues: new Map(snapshot.queues.map((queue) => [queue.name, queue])),
    agents: new Map(snapshot.agents.map((agent) => [agent.id, agent])),
    calls: new Map(snapshot.calls.map((call) => [call.call_id, call]))
  };
}
function take(draft, change) {
  switch (change.type) {
    case "call":
      draft.calls.set(change.call.call_id, change.call);
      break;
    case "agent":
      draft.agents.set(change.agent.id, change.agent);
      break;
    case "queue":
      draft.queues.set(change.queue.name, change.queue);
      break;
    case "call_absorbed":
      draft.calls.delete(change.call_id);
      break;
    case "gone":
      draft.calls.delete(change.call_id ?? "");
      draft.agents.delete(change.agent ?? "");
      draft.queues.delete(change.queue ?? "");
      draft.nodes.delete(change.node ?? "");
      break;
    case "link":
      draft.nodes.set(change.node, { name: change.node, up: change.up });
      break;
    case "gateway":
      draft.gatewayUp = change.up;
      break;
  }
}

// src/live/feed.ts
var SILENCE = 12e3;
var RETRY_FIRST = 250;
var RETRY_MOST = 5e3;
var DRAW_EACH = 100;
var ENDED_SHOWN = 8e3;
var link = y3({ is: "connecting" });
var picture = y3(NOTHING);
var socket = null;
var lastId = "";
var wait = RETRY_FIRST;
var retry = 0;
var silence = 0;
var drawing = 0;
var waiting = [];
var asking = false;
function follow() {
  if (socket) return;
  link.value = { is: "connecting" };
  connect();
}
function stop() {
  clearTimeout(retry);
  drop();
  forget();
}
function forget() {
  waiting = [];
  lastId = "";
  picture.value = NOTHING;
}
function hurry() {
  if (link.value.is === "cut" && !socket && !asking) void again();
}
function second() {
  if (link.value.is !== "live" || !isHeard(picture.value)) return;
  tick();
  picture.value = withoutEnded(picture.value, now.value - ENDED_SHOWN);
}
function connect() {
  const url = new URL("/api/live", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  if (lastId) url.searchParams.set("after", lastId);
  const opened2 = new WebSocket(url);
  socket = opened2;
  opened2.onmessage = (event) => {
    heard(JSON.parse(event.data));
  };
  opened2.onclose = cut;
  listen();
}
function heard(told) {
  listen();
  wait = RETRY_FIRST;
  for (const one of told) {
    lastId = one.id;
    if ("at" in one) setBy(one.at);
  }
  waiting.push(...told);
  drawing ||= setTimeout(draw, picture.value === NOTHING ? 0 : DRAW_EACH);
}
function draw() {
  drawing = 0;
  const isAnew = waiting.some((one) => one.type === "snapshot");
  r3(() => {
    picture.value = after(picture.value, waiting);
    link.value = { is: "live" };
    if (isAnew || isHeard(picture.value)) tick();
  });
  waiting = [];
}
function listen() {
  clearTimeout(silence);
  silence = setTimeout(cut, SILENCE);
}
function cut() {
  drop();
  if (link.value.is !== "cut") link.value = { is: "cut", since: now.value };
  clearTimeout(retry);
  retry = setTimeout(() => void again(), wait);
  wait = Math.min(2 * wait, RETRY_MOST);
}
async function again() {
  clearTimeout(retry);
  asking = true;
  const before = JSON.stringify(session.value);
  try {
    await ask();
    if (session.value.is !== "in") return;
    if (JSON.stringify(session.value) !== before) forget();
    if (await isOld()) location.reload();
    else if (!socket) connect();
  } catch {
    if (session.value.is === "in") cut();
  } finally {
    asking = false;
  }
}
function drop() {
  clearTimeout(silence);
  clearTimeout(drawing);
  drawing = 0;
  if (!socket) return;
  socket.onmessage = socket.onclose = null;
  socket.close();
  socket = null;
}

// src/live/gaps.ts
var gaps = y3([]);
var HOUR = 36e5;
var SOON = 3e3;
var LATER = 6e4;
var COMES_WITHIN = 3e4;
var REPAIRED_WITHIN = 6e5;
var next = 0;
var changed = 0;
var standing = O(() => {
  if (link.value.is !== "live") return "";
  const { gatewayUp, nodes } = picture.value;
  return [`${gatewayUp}`, ...[...nodes.values()].map((node) => `${node.name} ${node.up}`)].join();
});
function watchGaps() {
  x2(() => {
    clearTimeout(next);
    if (!seesAll.value) gaps.value = [];
    else if (standing.value) {
      changed = performance.now();
      next = setTimeout(() => void look(), SOON / 3);
    }
  });
}
async function look() {
  if (!seesAll.value) return;
  const from = new Date(Date.now() - HOUR).toISOString();
  try {
    const answer = await fetch(`/api/gaps?from=${encodeURIComponent(from)}`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN)
    });
    if (answer.ok) gaps.value = (await answer.json()).gaps;
  } catch {
  }
  clearTimeout(next);
  const mayCome = performance.now() - changed < COMES_WITHIN;
  next = setTimeout(() => void look(), mayCome || gaps.value.some(isBeingRepaired) ? SOON : LATER);
}
function isBeingRepaired(gap) {
  return gap.repaired_at === null && Date.now() - Date.parse(gap.ended_at ?? gap.began_at) < REPAIRED_WITHIN;
}

// src/live/words.ts
var LONG_WAIT = 20;
var TOO_LONG_WAIT = 60;
var GOOD_SERVICE = 0.8;
var BAD_SERVICE = 0.5;
var FIRST = "first";
function worryOfWait(seconds2) {
  if (seconds2 >= TOO_LONG_WAIT) return "bad";
  return seconds2 >= LONG_WAIT ? "warn" : "";
}
function worryOfService(level) {
  if (level < BAD_SERVICE) return "bad";
  return level < GOOD_SERVICE ? "warn" : "";
}
function caseOf(call) {
  return call.case ? `#${call.case}` : call.call_id.slice(0, 8);
}
function parties(call) {
  if (call.direction === "inbound") return call.caller;
  const from = call.direction === "outbound" ? call.agent || (call.agents[0] ?? "") : call.caller;
  return call.did ? `${from} → ${call.did}`.trim() : from;
}
function other(call) {
  return call.caller_name || (call.direction === "outbound" ? call.did : parties(call));
}
function whereNow(call) {
  return call.ended_at ? `ended: ${call.disposition.replaceAll("_", " ")}` : call.where;
}
function lines(call) {
  const all = ["", ...call.path];
  const now2 = all.lastIndexOf(call.line);
  const named = (name) => ["", FIRST].includes(name) ? "first line" : name;
  return all.map((name, place) => ({ name: named(name), isNow: place === now2 }));
}
function fits(wanted2, ...texts) {
  const words2 = wanted2.toLowerCase().split(/\s+/);
  const all = texts.join(" ").toLowerCase();
  return words2.every((word) => all.includes(word));
}
function callFits(wanted2, call) {
  return fits(
    wanted2,
    caseOf(call),
    call.caller,
    call.caller_name,
    call.did,
    call.service,
    call.client,
    whereNow(call),
    call.agent,
    ...call.path
  );
}
function agentFits(wanted2, agent) {
  return fits(
    wanted2,
    agent.id,
    agent.name,
    agent.state,
    agent.reason,
    ...agent.queues,
    ...agent.services,
    ...agent.clients
  );
}
function queueFits(wanted2, queue) {
  return fits(wanted2, queue.name, ...queue.services, ...queue.clients);
}

// src/parts/memo.ts
function memo(draw2) {
  return class extends x {
    shouldComponentUpdate(next2) {
      const names = Object.keys(next2);
      return names.some((name) => next2[name] !== this.props[name]);
    }
    render() {
      return draw2(this.props);
    }
  };
}

// node_modules/preact/jsx-runtime/dist/jsxRuntime.mjs
var f4 = /* @__PURE__ */ Symbol.for("pv");
var o4 = 0;
function a4(t4, e4, n3, u4, a5, i4) {
  e4 || (e4 = {});
  var c4, l4, p5 = e4;
  if ("ref" in p5 && "function" != typeof t4) for (l4 in p5 = {}, e4) "ref" == l4 ? c4 = e4[l4] : p5[l4] = e4[l4];
  var s4 = { type: t4, props: p5, key: n3, ref: c4, __k: null, __: null, __b: 0, __e: null, __c: null, constructor: f4, __v: --o4, __i: -1, __u: 0 };
  return (a5 || i4) && (s4.__source = a5, s4.__self = i4), n.vnode && n.vnode(s4), s4;
}

// src/parts/since.tsx
function Since(props) {
  const total = seconds(props.at, props.until ? Date.parse(props.until) : now.value);
  return /* @__PURE__ */ a4("time", { class: props.worry?.(total), dateTime: props.at, children: length(total) });
}

// src/parts/table.tsx
function Part(props) {
  return /* @__PURE__ */ a4("section", { id: props.id, "aria-labelledby": `${props.id}-title`, tabIndex: -1, children: [
    /* @__PURE__ */ a4("header", { children: [
      /* @__PURE__ */ a4("h2", { id: `${props.id}-title`, children: props.title }),
      props.beside
    ] }),
    /* @__PURE__ */ a4("table", { children: [
      /* @__PURE__ */ a4("thead", { children: /* @__PURE__ */ a4("tr", { children: props.columns.map((column) => /* @__PURE__ */ a4(Head, { ...column }, column.name)) }) }),
      /* @__PURE__ */ a4("tbody", { children: props.rows })
    ] }),
    props.rows.length === 0 && /* @__PURE__ */ a4("p", { class: "nothing", children: props.nothing }),
    props.below
  ] });
}
function Head({ name, number, title }) {
  return /* @__PURE__ */ a4("th", { scope: "col", class: number ? "number" : "", title, children: name });
}

// src/parts/agents.tsx
var COLUMNS = [
  { name: "Agent" },
  { name: "State" },
  { name: "For", number: true },
  { name: "Call" }
];
var STATES = ["ready", "ringing", "talking", "paused", "off"];
function Agents() {
  const all = [...picture.value.agents.values()];
  const shown = all.filter((agent) => agentFits(wanted.value, agent) && isChosen(agent)).sort((a5, b3) => a5.id.localeCompare(b3.id, void 0, { numeric: true }));
  return /* @__PURE__ */ a4(
    Part,
    {
      id: "agents",
      title: "Agents",
      beside: /* @__PURE__ */ a4(Chips, { agents: all }),
      columns: COLUMNS,
      rows: shown.map((agent) => /* @__PURE__ */ a4(Row, { agent, call: picture.value.calls.get(agent.call_id) }, agent.id)),
      nothing: nobody(all)
    }
  );
}
function isChosen(agent) {
  return agentState.value ? agent.state === agentState.value : agent.state !== "off";
}
function nobody(all) {
  const which = wanted.value ? "No such agent" : "No agent";
  if (agentState.value) return `${which} is ${agentState.value} now.`;
  if (wanted.value) return "No such agent is logged in.";
  return all.length ? "Nobody is logged in." : "No agents here.";
}
function Chips({ agents }) {
  return /* @__PURE__ */ a4("span", { class: "chips", role: "group", "aria-label": "Show agents who are", children: STATES.map((state) => /* @__PURE__ */ a4(
    "button",
    {
      type: "button",
      class: `state ${state}`,
      "aria-pressed": agentState.value === state,
      onClick: () => agentState.value = agentState.value === state ? "" : state,
      children: [
        agents.filter((agent) => agent.state === state).length,
        " ",
        state
      ]
    },
    state
  )) });
}
var Row = memo(({ agent, call }) => {
  return /* @__PURE__ */ a4("tr", { tabIndex: -1, children: [
    /* @__PURE__ */ a4("th", { scope: "row", title: agent.name, children: /* @__PURE__ */ a4("span", { class: "short", children: [
      /* @__PURE__ */ a4("span", { class: "id", children: agent.id }),
      " ",
      /* @__PURE__ */ a4("bdi", { children: agent.name })
    ] }) }),
    /* @__PURE__ */ a4("td", { "data-name": "state", title: agent.reason, children: [
      /* @__PURE__ */ a4("span", { class: `state ${agent.state}`, children: agent.state }),
      agent.reason && /* @__PURE__ */ a4("small", { children: [
        " ",
        agent.reason
      ] })
    ] }),
    /* @__PURE__ */ a4("td", { class: "number", "data-name": "for", children: /* @__PURE__ */ a4(Since, { at: agent.since }) }),
    /* @__PURE__ */ a4("td", { "data-name": "call", children: /* @__PURE__ */ a4(CallOf, { call }) })
  ] });
});
function CallOf({ call }) {
  if (!call) return null;
  return /* @__PURE__ */ a4("button", { type: "button", class: "link", onClick: () => opened.value = call.call_id, children: [
    caseOf(call),
    " ",
    /* @__PURE__ */ a4("bdi", { children: other(call) })
  ] });
}

// src/parts/calls.tsx
var COLUMNS2 = [
  { name: "Case" },
  { name: "Caller" },
  { name: "Service" },
  { name: "Lines", title: "The lines that the call was passed on to; in bold, where it is now" },
  { name: "Where now" },
  { name: "For", number: true }
];
function Calls() {
  const all = [...picture.value.calls.values()];
  const shown = all.filter((call) => callFits(wanted.value, call)).sort((a5, b3) => order(a5) - order(b3));
  return /* @__PURE__ */ a4(
    Part,
    {
      id: "calls",
      title: "Calls",
      columns: COLUMNS2,
      rows: shown.map((call) => /* @__PURE__ */ a4(Row2, { call }, call.call_id)),
      nothing: wanted.value ? "No such call." : "No calls now."
    }
  );
}
function order(call) {
  return call.ended_at === null ? Date.parse(call.started_at) : Number.MAX_SAFE_INTEGER - Date.parse(call.ended_at);
}
var Row2 = memo(({ call }) => {
  const ended = call.ended_at !== null;
  return /* @__PURE__ */ a4("tr", { tabIndex: -1, class: ended ? "ended" : "", children: [
    /* @__PURE__ */ a4("th", { scope: "row", children: /* @__PURE__ */ a4(
      "button",
      {
        type: "button",
        class: call.case ? "link" : "link no-case",
        onClick: () => opened.value = call.call_id,
        children: caseOf(call)
      }
    ) }),
    /* @__PURE__ */ a4("td", { "data-name": "caller", children: [
      /* @__PURE__ */ a4("bdi", { class: "digits", children: parties(call) }),
      " ",
      /* @__PURE__ */ a4("bdi", { children: call.caller_name })
    ] }),
    /* @__PURE__ */ a4("td", { "data-name": "service", title: `${call.service} ${call.client}`, children: /* @__PURE__ */ a4("span", { class: "short", children: [
      serviceOf(call),
      " ",
      /* @__PURE__ */ a4("small", { children: call.client })
    ] }) }),
    /* @__PURE__ */ a4("td", { "data-name": "lines", children: /* @__PURE__ */ a4(Lines, { call }) }),
    /* @__PURE__ */ a4("td", { "data-name": "where", class: `where ${kind(call)}`, children: whereNow(call) }),
    /* @__PURE__ */ a4("td", { class: "number", "data-name": "for", children: ended ? /* @__PURE__ */ a4(Since, { at: call.started_at, until: call.ended_at }) : /* @__PURE__ */ a4(Since, { at: call.since, ...kind(call) === "waits" && { worry: worryOfWait } }) })
  ] });
});
function serviceOf(call) {
  return call.service || (call.direction === "inbound" ? call.did : "");
}
function kind(call) {
  if (call.ended_at) return call.disposition;
  if (call.where.startsWith("talking")) return "talks";
  return /^(waiting|ringing|on hold|being passed)/.test(call.where) ? "waits" : "";
}
function Lines({ call }) {
  if (call.path.length === 0) return null;
  return /* @__PURE__ */ a4("ol", { class: "lines", children: lines(call).map(({ name, isNow }, place) => /* @__PURE__ */ a4("li", { "aria-current": isNow ? "true" : void 0, children: name }, `${place} ${name}`)) });
}

// src/parts/gaps.tsx
var SHOWN_AFTER = 6e5;
var MOST = 3;
function Gaps() {
  const shown = gaps.value.filter(
    (gap) => gap.ended_at !== null && (gap.repaired_at === null || now.value - Date.parse(gap.repaired_at) < SHOWN_AFTER)
  );
  if (shown.length === 0) return null;
  return /* @__PURE__ */ a4("div", { class: "gaps", "aria-live": "polite", children: [
    shown.slice(0, MOST).map((gap) => /* @__PURE__ */ a4("p", { class: gap.repaired_at === null ? "" : "repaired", children: words(gap) }, gap.id)),
    shown.length > MOST && /* @__PURE__ */ a4("p", { children: `and ${shown.length - MOST} more gaps in the last hour` })
  ] });
}
function words(gap) {
  const until = timeOfDay(gap.ended_at ?? gap.began_at);
  const when = `Gap from ${timeOfDay(gap.began_at)} to ${until} on ${gap.node}: ${gap.cause}.`;
  if (gap.repaired_at !== null) return `${when} The calls of that time are as Asterisk's journals tell them.`;
  const lack = `${when} Calls of that time may lack something`;
  const awaited = gap.source !== "journal" && isBeingRepaired(gap);
  return awaited ? `${lack} until Asterisk's journals are read.` : `${lack}.`;
}

// src/parts/dialog.tsx
function Dialog(props) {
  const dialog = T2(null);
  A2(() => dialog.current?.showModal(), []);
  return /* @__PURE__ */ a4(
    "dialog",
    {
      ref: dialog,
      "aria-labelledby": "dialog-title",
      onClose: props.close,
      onClick: (event) => event.target === dialog.current && dialog.current?.close(),
      children: [
        /* @__PURE__ */ a4("form", { method: "dialog", children: [
          /* @__PURE__ */ a4("h2", { id: "dialog-title", children: props.title }),
          /* @__PURE__ */ a4("button", { type: "submit", "aria-label": "Close", children: "✕" })
        ] }),
        props.children
      ]
    }
  );
}

// src/parts/help.tsx
function Help() {
  if (!helping.value) return null;
  return /* @__PURE__ */ a4(Dialog, { title: "Keys", close: () => helping.value = false, children: /* @__PURE__ */ a4("dl", { class: "keys", children: KEYS.map(([key, what]) => [/* @__PURE__ */ a4("dt", { children: /* @__PURE__ */ a4("kbd", { children: key }) }, key), /* @__PURE__ */ a4("dd", { children: what })]) }) });
}

// src/parts/queues.tsx
var COLUMNS3 = [
  { name: "Queue" },
  { name: "Waiting", number: true },
  { name: "Longest", number: true, title: "How long the one who waits longest has waited" },
  { name: "Service level", number: true, title: "Today; the formula stands below" },
  { name: "Abandoned", number: true, title: "Today: who hung up while waiting, of all who came" },
  { name: "Agents", title: "Ready, talking, paused" }
];
function Queues() {
  const queues = [...picture.value.queues.values()].filter((queue) => queueFits(wanted.value, queue)).sort((a5, b3) => a5.name.localeCompare(b3.name));
  return /* @__PURE__ */ a4(
    Part,
    {
      id: "queues",
      title: "Queues",
      columns: COLUMNS3,
      rows: queues.map((queue) => /* @__PURE__ */ a4(Row3, { queue }, queue.name)),
      nothing: wanted.value ? "No such queue." : "No queue here.",
      below: queues.length > 0 && /* @__PURE__ */ a4(Today, { queues })
    }
  );
}
var Row3 = memo(({ queue }) => {
  const { today } = queue;
  const short = `${today.short_abandons} of them within ${today.short_s} s`;
  return /* @__PURE__ */ a4("tr", { tabIndex: -1, class: queue.waiting ? "busy" : "", children: [
    /* @__PURE__ */ a4("th", { scope: "row", children: queue.name }),
    /* @__PURE__ */ a4("td", { class: "number", "data-name": "waiting", children: queue.waiting || /* @__PURE__ */ a4(Zero, {}) }),
    /* @__PURE__ */ a4("td", { class: "number", "data-name": "longest", children: queue.longest_since ? /* @__PURE__ */ a4(Since, { at: queue.longest_since, worry: worryOfWait }) : /* @__PURE__ */ a4(Zero, {}) }),
    /* @__PURE__ */ a4("td", { class: "number", "data-name": "service level", title: today.timezone, children: /* @__PURE__ */ a4(Level, { level: today.service_level }) }),
    /* @__PURE__ */ a4("td", { class: "number", "data-name": "abandoned", title: `${short}; ${today.timezone}`, children: [
      today.abandoned || /* @__PURE__ */ a4(Zero, {}),
      /* @__PURE__ */ a4("small", { children: [
        " of ",
        today.offered
      ] })
    ] }),
    /* @__PURE__ */ a4("td", { "data-name": "agents", children: /* @__PURE__ */ a4(Staff, { queue }) })
  ] });
});
function Zero() {
  return /* @__PURE__ */ a4("span", { class: "quiet zero", children: "–" });
}
function Level({ level }) {
  if (level === null) return /* @__PURE__ */ a4(Zero, {});
  return /* @__PURE__ */ a4("span", { class: `level ${worryOfService(level)}`, children: [
    /* @__PURE__ */ a4("meter", { min: 0, max: 1, value: level, "aria-hidden": "true" }),
    /* @__PURE__ */ a4("span", { children: [
      percent(level),
      " %"
    ] })
  ] });
}
function percent(level) {
  return Math.floor(Math.round(level * 1e4) / 100);
}
function Staff({ queue }) {
  if (!queue.managed) {
    return /* @__PURE__ */ a4("span", { class: "quiet", title: "Nobody logs in to this queue: it rings fixed phones", children: "its own phones" });
  }
  if (!queue.logged_in) return /* @__PURE__ */ a4("span", { class: queue.waiting ? "bad" : "quiet", children: "nobody" });
  return /* @__PURE__ */ a4("span", { class: "staff", children: ["ready", "talking", "paused"].map((state) => /* @__PURE__ */ a4("span", { class: `state ${state}`, title: state, children: [
    queue[state],
    /* @__PURE__ */ a4("span", { class: "unseen", children: [
      " ",
      state
    ] })
  ] }, state)) });
}
function Today({ queues }) {
  const days = queues.map(({ today }) => `${dayOf(today.day)} in ${today.timezone}`);
  const formulas = queues.map(({ today }) => today.formula);
  const each = (texts) => [...new Set(texts)].join("; ");
  return /* @__PURE__ */ a4("p", { class: "formula", children: [
    "Today is ",
    each(days),
    ". Service level: ",
    each(formulas),
    "."
  ] });
}

// src/parts/sign-in.tsx
function SignIn({ why }) {
  const [token, setToken] = d2("");
  const [fault, setFault] = d2("");
  const send = async (event) => {
    event.preventDefault();
    setFault("");
    try {
      await signIn(token.trim());
      if (await isOld()) location.reload();
    } catch {
      setFault("The gateway does not answer. Is it running? Try again in a moment.");
    }
  };
  return /* @__PURE__ */ a4("main", { class: "sign-in", children: /* @__PURE__ */ a4("form", { onSubmit: (event) => void send(event), children: [
    /* @__PURE__ */ a4("h1", { children: [
      /* @__PURE__ */ a4("img", { src: "/desk/icon.svg", alt: "", width: "36", height: "36" }),
      "ccgateway"
    ] }),
    /* @__PURE__ */ a4("label", { for: "token", children: "Your token" }),
    /* @__PURE__ */ a4(
      "input",
      {
        id: "token",
        type: "password",
        autocomplete: "current-password",
        required: true,
        autofocus: true,
        value: token,
        onInput: (event) => setToken(event.currentTarget.value)
      }
    ),
    /* @__PURE__ */ a4("button", { type: "submit", children: "Sign in" }),
    (fault || why) && /* @__PURE__ */ a4("p", { class: "bad", role: "alert", children: fault || why }),
    /* @__PURE__ */ a4("p", { class: "hint", children: [
      "An administrator makes one with ",
      /* @__PURE__ */ a4("code", { children: "ccgateway token create" }),
      ", and can send it as a link that signs you in by itself."
    ] })
  ] }) });
}

// src/parts/story.tsx
function Story() {
  if (!opened.value) return null;
  const call = picture.value.calls.get(opened.value);
  return /* @__PURE__ */ a4(Dialog, { title: call ? `Call ${caseOf(call)}` : "Call", close: () => opened.value = "", children: call ? /* @__PURE__ */ a4(Known, { call }) : /* @__PURE__ */ a4("p", { children: "The call is over, and no longer shown here." }) });
}
function Known({ call }) {
  return /* @__PURE__ */ a4($, { children: [
    /* @__PURE__ */ a4("dl", { children: [
      /* @__PURE__ */ a4("dt", { children: "Caller" }),
      /* @__PURE__ */ a4("dd", { children: [
        /* @__PURE__ */ a4("bdi", { class: "digits", children: parties(call) }),
        " ",
        /* @__PURE__ */ a4("bdi", { children: call.caller_name })
      ] }),
      /* @__PURE__ */ a4("dt", { children: "Service" }),
      /* @__PURE__ */ a4("dd", { children: [
        call.service || "–",
        " ",
        /* @__PURE__ */ a4("small", { children: [
          call.client,
          call.did && `, DID ${call.did}`
        ] })
      ] }),
      /* @__PURE__ */ a4("dt", { children: "Where now" }),
      /* @__PURE__ */ a4("dd", { children: [
        whereNow(call),
        ", ",
        /* @__PURE__ */ a4(Since, { at: call.since, until: call.ended_at })
      ] }),
      /* @__PURE__ */ a4("dt", { children: "Lines" }),
      /* @__PURE__ */ a4("dd", { children: call.path.length ? /* @__PURE__ */ a4(Lines, { call }) : `line ${call.tier}` }),
      /* @__PURE__ */ a4("dt", { children: "Since" }),
      /* @__PURE__ */ a4("dd", { children: [
        timeOfDay(call.started_at),
        ", ",
        /* @__PURE__ */ a4(Since, { at: call.started_at, until: call.ended_at })
      ] }),
      /* @__PURE__ */ a4("dt", { children: "Id" }),
      /* @__PURE__ */ a4("dd", { class: "digits", children: call.call_id })
    ] }),
    call.known === "partial" && /* @__PURE__ */ a4("p", { class: "warn", children: "Something of this call was not seen: the link to Asterisk was cut." }),
    call.known === "repaired" && /* @__PURE__ */ a4("p", { children: "Asterisk's journals tell what was not seen of this call." }),
    /* @__PURE__ */ a4(Notes, { notes: call.notes })
  ] });
}
function Notes({ notes }) {
  if (notes.length === 0) return null;
  return /* @__PURE__ */ a4($, { children: [
    /* @__PURE__ */ a4("h3", { children: "Notes" }),
    /* @__PURE__ */ a4("ul", { class: "notes", children: notes.map((note) => /* @__PURE__ */ a4("li", { children: [
      /* @__PURE__ */ a4("small", { children: [
        timeOfDay(note.at),
        " ",
        note.by
      ] }),
      /* @__PURE__ */ a4("p", { dir: "auto", children: note.text })
    ] }, `${note.at} ${note.by}`)) })
  ] });
}

// src/parts/tabs.tsx
function Tabs() {
  return /* @__PURE__ */ a4("nav", { class: "tabs", "aria-label": "Parts of the page", children: Object.values(SECTIONS).map((id) => /* @__PURE__ */ a4("button", { type: "button", onClick: () => focusOn(`#${id}`), children: id }, id)) });
}

// src/parts/tiles.tsx
function Tiles() {
  const { queues, agents, calls } = picture.value;
  const live = [...calls.values()].filter((call) => call.ended_at === null);
  const waiting2 = [...queues.values()].reduce((sum, queue) => sum + queue.waiting, 0);
  const count = (state) => [...agents.values()].filter((a5) => a5.state === state).length;
  return /* @__PURE__ */ a4("div", { class: "tiles", children: [
    /* @__PURE__ */ a4(Tile, { name: "waiting", children: waiting2 }),
    /* @__PURE__ */ a4(Longest, {}),
    /* @__PURE__ */ a4(Tile, { name: "calls", children: live.length }),
    /* @__PURE__ */ a4(Tile, { name: "ready", state: true, children: count("ready") }),
    /* @__PURE__ */ a4(Tile, { name: "talking", state: true, children: count("talking") }),
    /* @__PURE__ */ a4(Tile, { name: "paused", state: true, children: count("paused") })
  ] });
}
function Longest() {
  const since = [...picture.value.queues.values()].flatMap((queue) => queue.longest_since ?? []);
  const longest = Math.max(0, ...since.map((at) => seconds(at, now.value)));
  return /* @__PURE__ */ a4(Tile, { name: "longest wait", worry: worryOfWait(longest), children: since.length ? length(longest) : "–" });
}
function Tile(props) {
  return /* @__PURE__ */ a4("p", { class: `tile ${props.worry ?? ""}`, children: [
    /* @__PURE__ */ a4("b", { children: props.children }),
    /* @__PURE__ */ a4("span", { class: props.state ? `state ${props.name}` : "", children: props.name })
  ] });
}

// src/parts/top.tsx
function Top() {
  return /* @__PURE__ */ a4("header", { class: "top", children: [
    /* @__PURE__ */ a4("h1", { children: [
      /* @__PURE__ */ a4("img", { src: "/desk/icon.svg", alt: "", width: "28", height: "28" }),
      "ccgateway"
    ] }),
    /* @__PURE__ */ a4(Health, {}),
    /* @__PURE__ */ a4(
      "input",
      {
        id: "find",
        type: "search",
        placeholder: "Find ( / )",
        "aria-label": "Find in all tables",
        autocomplete: "off",
        value: wanted.value,
        onInput: (event) => wanted.value = event.currentTarget.value
      }
    ),
    /* @__PURE__ */ a4("span", { class: "who", children: session.value.is === "in" && `${session.value.who.name}, ${session.value.who.role}` }),
    /* @__PURE__ */ a4("button", { type: "button", class: "quiet keys-button", onClick: () => helping.value = true, children: "Keys" }),
    /* @__PURE__ */ a4("button", { type: "button", class: "quiet", onClick: () => void signOut(), children: "Sign out" })
  ] });
}
function Health() {
  const state = link.value.is;
  const word = { connecting: "connecting", live: "live", cut: "cut off" }[state];
  return /* @__PURE__ */ a4("span", { class: `health ${state}`, role: "status", children: word });
}
function Warnings() {
  const down = [...picture.value.nodes.values()].filter((node) => !node.up);
  return /* @__PURE__ */ a4("div", { role: "alert", children: [
    link.value.is === "cut" && /* @__PURE__ */ a4("p", { class: "alarm", children: [
      "Cut off from the gateway. What is shown is from ",
      timeOfDay(link.value.since),
      "; it catches up by itself."
    ] }),
    !picture.value.gatewayUp && /* @__PURE__ */ a4("p", { class: "alarm", children: "The gateway is away. Calls go on without it; what is shown is what it told last, and it catches up by itself." }),
    down.map((node) => /* @__PURE__ */ a4("p", { class: "alarm", children: [
      "The gateway has lost Asterisk ",
      node.name,
      ": its calls are shown as they were."
    ] }, node.name))
  ] });
}

// src/app.tsx
function App() {
  const { value } = session;
  if (value.is === "asking") return /* @__PURE__ */ a4("p", { class: "nothing", children: value.why || "Asking the gateway …" });
  if (value.is === "out") return /* @__PURE__ */ a4(SignIn, { why: value.why });
  return /* @__PURE__ */ a4("div", { class: link.value.is === "cut" ? "is-cut" : "", children: [
    /* @__PURE__ */ a4(Top, {}),
    /* @__PURE__ */ a4(Warnings, {}),
    /* @__PURE__ */ a4(Gaps, {}),
    /* @__PURE__ */ a4("main", { children: [
      /* @__PURE__ */ a4(Tiles, {}),
      /* @__PURE__ */ a4(Queues, {}),
      /* @__PURE__ */ a4(Agents, {}),
      /* @__PURE__ */ a4(Calls, {})
    ] }),
    /* @__PURE__ */ a4(Tabs, {}),
    /* @__PURE__ */ a4(Story, {}),
    /* @__PURE__ */ a4(Help, {})
  ] });
}
Q(/* @__PURE__ */ a4(App, {}), document.body);
x2(() => isIn.value ? follow() : stop());
watchGaps();
setInterval(second, 1e3);
addEventListener("keydown", pressed);
addEventListener("online", hurry);
document.addEventListener("visibilitychange", hurry);
void begin();
