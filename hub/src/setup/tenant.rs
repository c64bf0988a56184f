//! Registering a tenant: a platform whose branch the hub hosts. Its key is made here and stays
//! here.

use std::path::PathBuf;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::process::folder as data_folder;

use super::{Setup, SetupError};
use crate::config::TENANTS;
use crate::store::{PlatformRow, platform_quota};
use crate::tenants::{key_file, socket_file};

/// A tenant to be registered.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its id.
    pub platform: PlatformId,
    /// Its name in Chinese.
    pub title_zh: String,
    /// Its name in English.
    pub title_en: String,
    /// Records a second that it may submit; 0 = no limit.
    pub quota: u64,
    /// Datasets that it may send: `*`, `family.*` or names.
    pub may_send: Vec<String>,
}

/// Where the parts of a tenant lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantFiles {
    /// Its key, which the hub keeps.
    pub key: PathBuf,
    /// Where its records are handed in while the hub runs.
    pub socket: PathBuf,
}

impl Setup {
    /// Registers a tenant and makes its key. A hub that runs takes it up by itself.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub async fn tenant_add(&self, new: &NewTenant) -> Result<TenantFiles, SetupError> {
        self.must_be_new(&new.platform).await?;
        data_folder::private(&self.tenants)?;
        let files = self.tenant_files(&new.platform);
        let key = self.write_seed(&files.key)?;
        let row = PlatformRow {
            platform: new.platform.clone(),
            title_zh: new.title_zh.clone(),
            title_en: new.title_en.clone(),
            key: key.verifying(),
            added: self.clock.now(),
            hosted: true,
            quota: new.quota,
        };
        self.put(&row, &new.may_send).await?;
        Ok(files)
    }

    /// Sets how many records a second a tenant may submit, 0 = no limit; a hub that runs heeds it
    /// within seconds.
    ///
    /// # Errors
    /// [`SetupError::NoTenant`] if there is none of that name.
    pub async fn tenant_quota(&self, platform: &PlatformId, quota: u64) -> Result<(), SetupError> {
        let database = self.open_store().await?;
        let changed = async {
            let mut tx = database.of(platform).begin("platform_quota").await?;
            let changed = platform_quota(&mut tx, platform, quota).await?;
            tx.commit().await.map(|()| changed)
        }
        .await;
        database.close().await;
        if changed? { Ok(()) } else { Err(SetupError::NoTenant(platform.clone())) }
    }

    /// Where the parts of a tenant lie.
    pub fn tenant_files(&self, platform: &PlatformId) -> TenantFiles {
        TenantFiles {
            key: key_file(&self.tenants, platform),
            socket: socket_file(&self.data.join(TENANTS), platform),
        }
    }
}
