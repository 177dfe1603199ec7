//! The body of a login, and the same without its secret as the identity that a cached token is good for.

use serde_json::Value;

use super::config::{ApplicationCredential, Credential, Domain, Entity, Login, TokenScope};
use super::object;

/// Takes a secret's place in what is written to a file.
const HIDDEN: &str = "";

impl Login {
    /// The body of the POST that logs in.
    pub(crate) fn body(&self) -> String {
        self.request(self.credential.secret().expose()).to_string()
    }

    /// The login without its secret, which identifies a cached token.
    pub(super) fn identity(&self) -> Value {
        let secret = match &self.credential {
            Credential::Token(token) => token.fingerprint(),
            Credential::Password { .. } | Credential::ApplicationCredential { .. } => HIDDEN.into(),
        };
        self.request(&secret)
    }

    fn request(&self, secret: &str) -> Value {
        let mut auth = vec![("identity", self.credential.identity(secret))];
        auth.extend(self.scope.json().map(|scope| ("scope", scope)));
        object(vec![("auth", object(auth))])
    }
}

impl Credential {
    fn identity(&self, secret: &str) -> Value {
        let (method, fields) = match self {
            Credential::Password { user, .. } => ("password", vec![("user", user.json(Some(secret)))]),
            Credential::Token(_) => ("token", vec![("id", secret.into())]),
            Credential::ApplicationCredential { credential, .. } => {
                let fields = match credential {
                    ApplicationCredential::Id(id) => {
                        vec![("id", id.as_str().into()), ("secret", secret.into())]
                    }
                    ApplicationCredential::Named(name, user) => vec![
                        ("name", name.as_str().into()),
                        ("secret", secret.into()),
                        ("user", user.json(None)),
                    ],
                };
                ("application_credential", fields)
            }
        };
        object(vec![("methods", vec![method].into()), (method, object(fields))])
    }
}

impl Entity {
    fn json(&self, password: Option<&str>) -> Value {
        let mut subject = match self {
            Entity::Id(id) => vec![("id", id.as_str().into())],
            Entity::Named(name, domain) => vec![("name", name.as_str().into()), ("domain", domain.json())],
        };
        subject.extend(password.map(|password| ("password", password.into())));
        object(subject)
    }
}

impl Domain {
    fn json(&self) -> Value {
        let (key, text) = match self {
            Domain::Id(id) => ("id", id),
            Domain::Name(name) => ("name", name),
        };
        object(vec![(key, text.as_str().into())])
    }
}

impl TokenScope {
    fn json(&self) -> Option<Value> {
        let (key, scope) = match self {
            TokenScope::Unscoped => return None,
            TokenScope::Project(project) => ("project", project.json(None)),
            TokenScope::Domain(domain) => ("domain", domain.json()),
            TokenScope::System => ("system", object(vec![("all", true.into())])),
            TokenScope::Trust(id) => ("OS-TRUST:trust", object(vec![("id", id.as_str().into())])),
        };
        Some(object(vec![(key, scope)]))
    }
}
