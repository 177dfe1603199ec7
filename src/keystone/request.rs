//! The body of a login, and the same without its secret as the identity that a cached token is good for.

use serde_json::{Value, json};

use super::config::{ApplicationCredential, Credential, Domain, Login, Scope, Subject};

/// Takes a secret's place in what is written to a file.
const HIDDEN: &str = "";

impl Login {
    /// The body of the POST that logs in.
    pub(crate) fn body(&self) -> String {
        let secret = match &self.credential {
            Credential::Password { password: secret, .. }
            | Credential::Token(secret)
            | Credential::ApplicationCredential { secret, .. } => secret.expose(),
        };
        self.request(secret).to_string()
    }

    /// Whom a token is for: the login without its password or secret.
    pub(super) fn identity(&self) -> Value {
        let secret = match &self.credential {
            Credential::Token(token) => token.fingerprint(),
            Credential::Password { .. } | Credential::ApplicationCredential { .. } => HIDDEN.into(),
        };
        self.request(&secret)
    }

    fn request(&self, secret: &str) -> Value {
        let mut auth = json!({ "identity": self.credential.identity(secret) });
        if let (Some(scope), Some(auth)) = (self.scope.json(), auth.as_object_mut()) {
            auth.insert("scope".into(), scope);
        }
        json!({ "auth": auth })
    }
}

impl Credential {
    fn identity(&self, secret: &str) -> Value {
        match self {
            Credential::Password { user, .. } => {
                json!({"methods": ["password"], "password": {"user": user.json(Some(secret))}})
            }
            Credential::Token(_) => json!({"methods": ["token"], "token": {"id": secret}}),
            Credential::ApplicationCredential { credential, .. } => {
                let credential = match credential {
                    ApplicationCredential::Id(id) => json!({"id": id, "secret": secret}),
                    ApplicationCredential::Named(name, user) => {
                        json!({"name": name, "secret": secret, "user": user.json(None)})
                    }
                };
                json!({"methods": ["application_credential"], "application_credential": credential})
            }
        }
    }
}

impl Subject {
    fn json(&self, password: Option<&str>) -> Value {
        let mut subject = match self {
            Subject::Id(id) => json!({ "id": id }),
            Subject::Named(name, domain) => json!({"name": name, "domain": domain.json()}),
        };
        if let (Some(password), Some(subject)) = (password, subject.as_object_mut()) {
            subject.insert("password".into(), password.into());
        }
        subject
    }
}

impl Domain {
    fn json(&self) -> Value {
        match self {
            Domain::Id(id) => json!({ "id": id }),
            Domain::Name(name) => json!({ "name": name }),
        }
    }
}

impl Scope {
    fn json(&self) -> Option<Value> {
        match self {
            Scope::Unscoped => None,
            Scope::Project(project) => Some(json!({ "project": project.json(None) })),
            Scope::Domain(domain) => Some(json!({ "domain": domain.json() })),
            Scope::System => Some(json!({"system": {"all": true}})),
            Scope::Trust(id) => Some(json!({"OS-TRUST:trust": {"id": id}})),
        }
    }
}
